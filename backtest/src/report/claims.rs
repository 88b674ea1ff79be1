//! What stands before every figure of a run, in words: what broke it, how little it
//! proves, why it traded as little as it did. Levels and thresholds are those of
//! [`Reliability`], which the verdict of a search shares.

use serde::Serialize;
use tickstep_core::decision::Refusal;
use tickstep_core::stats::{
    EdgeEvidence, MIN_DAILY_RETURNS, MIN_DAYS, MIN_TRADES, Reliability, SampleSize, SignalStats,
    Stats,
};

use super::print::{count, number};
use super::text::Lang;

/// How a claim is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClaimTone {
    /// The result is worth nothing, or there is none.
    Bad,
    /// Too little to go by.
    Warn,
    /// A statement.
    Plain,
}

/// One sentence or two, before the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Claim {
    pub tone: ClaimTone,
    pub text: String,
}

/// The claims of a run, the gravest first.
pub(crate) fn claims(stats: &Stats, lang: Lang) -> Vec<Claim> {
    let words = ClaimWords(lang);
    let ruin = words.ruin(&stats.reliability);
    let none = (stats.trades.count == 0).then(|| words.no_trades(stats));
    let edge = (stats.trades.count > 0).then(|| words.edge(stats));
    let signals = (stats.signals.signals > 0).then(|| words.signals(&stats.signals));
    let refused = (stats.trades.count > 0).then(|| words.refused(&stats.signals)).flatten();
    let all = [ruin, none, words.days(stats), edge, refused, signals];
    all.into_iter().flatten().collect()
}

fn claim(tone: ClaimTone, text: String) -> Claim {
    Claim { tone, text }
}

/// The sentences in a language.
struct ClaimWords(Lang);

/// What helps against a limit on losses.
macro_rules! less_risk {
    ($texts:ident, $key:literal) => {
        $texts.pick(
            concat!("Risk less a trade, or raise risk.", $key, "."),
            concat!("거래당 위험을 줄이거나 risk.", $key, " 값을 높이세요."),
        )
    };
}

impl ClaimWords {
    /// Both languages stand side by side, so that none is forgotten.
    fn pick<T>(&self, en: T, ko: T) -> T {
        match self.0 {
            Lang::En => en,
            Lang::Ko => ko,
        }
    }

    fn ruin(&self, of: &Reliability) -> Option<Claim> {
        let ruin = of.ruin.then(|| {
            self.pick("Ruin: equity fell to zero or below.", "파산: 자산이 0 이하로 떨어졌습니다.")
                .to_owned()
        });
        let n = count(of.liquidations as u64);
        let liquidated = (of.liquidations > 0).then(|| {
            self.pick(
                format!("Liquidated {n} times: the size was more than margin could carry."),
                format!("강제 청산 {n}회: 증거금이 감당할 수 없는 크기였습니다."),
            )
        });
        let both: Vec<String> = [ruin, liquidated].into_iter().flatten().collect();
        (!both.is_empty()).then(|| claim(ClaimTone::Bad, both.join(" ")))
    }

    fn no_trades(&self, stats: &Stats) -> Claim {
        let bars = count(stats.period.bars);
        let text = match stats.signals.refused.most() {
            Some((rule, n)) => {
                let (all, n) = (count(stats.signals.signals), count(n));
                let (name, remedy) = (rule.name(), self.remedy(rule));
                self.pick(
                    format!("0 trades: {name} refused {n} of {all} signals. {remedy}"),
                    format!("거래 0건: 신호 {all}건 중 {n}건을 {name} 규칙이 거부했습니다. {remedy}"),
                )
            }
            None if stats.signals.signals == 0 => self.pick(
                format!(
                    "0 trades: no entry signal in {bars} bars. Loosen a rule of the strategy, or \
                     give it data longer than its windows."
                ),
                format!(
                    "거래 0건: 봉 {bars}개에서 진입 신호가 없었습니다. 전략의 규칙을 완화하거나 지표 \
                     기간보다 긴 데이터를 쓰세요."
                ),
            ),
            None => self.pick(
                format!("0 trades: no order of {} signals filled.", stats.signals.signals),
                format!("거래 0건: 신호 {}건의 주문이 체결되지 않았습니다.", stats.signals.signals),
            ),
        };
        claim(ClaimTone::Bad, text)
    }

    fn days(&self, stats: &Stats) -> Option<Claim> {
        let days = count(stats.ratios.days as u64);
        let Reliability { annual, days: enough, .. } = stats.reliability;
        let text = match (annual, enough) {
            (SampleSize::Insufficient, _) => self.pick(
                format!(
                    "{days} days of data: below {MIN_DAILY_RETURNS} no figure of a year (CAGR, \
                     volatility, ratios) means anything; {MIN_DAYS} or more are asked for."
                ),
                format!(
                    "데이터 {days}일: {MIN_DAILY_RETURNS}일 미만이면 연율 지표(CAGR, 변동성, 각종 \
                     비율)는 의미가 없습니다. {MIN_DAYS}일 이상이 필요합니다."
                ),
            ),
            (SampleSize::Sufficient, SampleSize::Insufficient) => self.pick(
                format!("{days} days of data; {MIN_DAYS} or more are asked for: single weeks decide the result."),
                format!("데이터 {days}일: {MIN_DAYS}일 이상이 필요하며, 지금은 몇 주가 결과를 좌우합니다."),
            ),
            (SampleSize::Sufficient, SampleSize::Sufficient) => return None,
        };
        Some(claim(ClaimTone::Warn, text))
    }

    fn edge(&self, stats: &Stats) -> Claim {
        let (e, n) = (&stats.edge, count(stats.trades.count as u64));
        let Some(((gross, cost), net)) = e.gross_bps.zip(e.cost_bps).zip(e.net_bps) else {
            return claim(
                ClaimTone::Warn,
                self.pick("No notional was traded.", "거래 금액이 없습니다.").to_owned(),
            );
        };
        let edge = match e.gross_ci95_bps {
            Some(half) if half >= 10.0 => format!("{} ± {}", number(gross, 1), number(half, 0)),
            Some(half) => format!("{} ± {}", number(gross, 2), number(half, 2)),
            None => format!("{} ± ?", number(gross, 2)),
        };
        let says = match stats.reliability.edge {
            EdgeEvidence::Nothing => self.pick("says nothing", "아무것도 말해 주지 않음"),
            EdgeEvidence::AboveZero => self.pick("above zero", "0보다 큼"),
            EdgeEvidence::BelowZero => {
                self.pick("below zero before any cost", "비용 전에도 0보다 작음")
            }
        };
        let few = (stats.reliability.trades == SampleSize::Insufficient).then(|| {
            self.pick(
                format!(" ({MIN_TRADES} or more are asked for)"),
                format!(" ({MIN_TRADES}건 이상 필요)"),
            )
        });
        let (few, cost, net) = (few.unwrap_or_default(), number(cost, 2), number(net, 2));
        let text = self.pick(
            format!(
                "Gross edge {edge} bps a trade (95 %), {n} trades{few}: {says}. Costs {cost}, net {net} bps a trade."
            ),
            format!(
                "비용 전 우위 거래당 {edge} bps (95 %), 거래 {n}건{few}: {says}. 비용 {cost}, 순손익 {net} bps."
            ),
        );
        let nothing = stats.reliability.edge == EdgeEvidence::Nothing;
        claim(if nothing { ClaimTone::Warn } else { ClaimTone::Plain }, text)
    }

    /// Said where a rule refused as many signals as became entries, or more.
    fn refused(&self, signals: &SignalStats) -> Option<Claim> {
        let (rule, n) = signals.refused.most()?;
        if signals.refused.total() < signals.entries {
            return None;
        }
        let (all, n, name) = (count(signals.signals), count(n), rule.name());
        let remedy = self.remedy(rule);
        let text = self.pick(
            format!("Stopped from trading: {name} refused {n} of {all} signals. {remedy}"),
            format!("거래 제한: 신호 {all}건 중 {n}건을 {name} 규칙이 거부했습니다. {remedy}"),
        );
        Some(claim(ClaimTone::Warn, text))
    }

    fn signals(&self, s: &SignalStats) -> Claim {
        let mut parts =
            vec![self.pick(
                format!("{} entries", count(s.entries)),
                format!("진입 {}건", count(s.entries)),
            )];
        let list = |of: &mut dyn Iterator<Item = (&'static str, u64)>| {
            let each: Vec<String> = of.map(|(name, n)| format!("{name} {}", count(n))).collect();
            each.join(", ")
        };
        if s.refused.total() > 0 {
            let (n, by) =
                (count(s.refused.total()), list(&mut s.refused.iter().map(|(r, n)| (r.name(), n))));
            parts.push(self.pick(format!("{n} refused ({by})"), format!("거부 {n}건 ({by})")));
        }
        if !s.unfilled.is_empty() {
            let by = list(&mut s.unfilled.iter().map(|(why, n)| (why.name(), *n)));
            parts.push(self.pick(format!("unfilled: {by}"), format!("미체결: {by}")));
        }
        if s.already_there > 0 {
            let n = count(s.already_there);
            parts.push(
                self.pick(format!("{n} on the side already held"), format!("이미 같은 방향 {n}건")),
            );
        }
        if s.cuts.is_empty() {
            parts
                .push(self.pick("no size cut by a limit", "한도에 걸려 줄인 수량 없음").to_owned());
        } else {
            let by = list(&mut s.cuts.iter().map(|(cut, n)| (cut.name(), *n)));
            parts.push(self.pick(format!("sizes cut by {by}"), format!("수량을 줄인 한도: {by}")));
        }
        let (n, parts) = (count(s.signals), parts.join("; "));
        claim(
            ClaimTone::Plain,
            self.pick(format!("{n} signals: {parts}."), format!("신호 {n}건: {parts}.")),
        )
    }

    /// What lets more signals through.
    fn remedy(&self, rule: Refusal) -> &'static str {
        match rule {
            Refusal::KillSwitch | Refusal::DrawdownTier => less_risk!(self, "drawdown_tiers"),
            Refusal::Paused => {
                self.pick("An operator paused entries: resume them.", "운영자가 진입을 멈췄습니다. 재개하세요.")
            }
            Refusal::DailyLoss => less_risk!(self, "daily_loss"),
            Refusal::FlattenAt => less_risk!(self, "flatten_at"),
            Refusal::MaxDrawdown => less_risk!(self, "max_drawdown"),
            Refusal::TrailingDrawdown => less_risk!(self, "trailing_drawdown"),
            Refusal::ProfitTarget => self.pick(
                "The goal was reached: raise risk.profit_target, or leave it out.",
                "목표 수익에 도달했습니다. risk.profit_target을 높이거나 빼세요.",
            ),
            Refusal::PositionCount => {
                self.pick("Raise risk.max_positions.", "risk.max_positions를 높이세요.")
            }
            Refusal::MaxPositions => self.pick(
                "Raise the strategy's params.max_positions.",
                "전략의 params.max_positions를 높이세요.",
            ),
            Refusal::SymbolExposure => self.pick(
                "Raise risk.symbol_exposure, or start with more account.cash.",
                "risk.symbol_exposure를 높이거나 account.cash를 늘리세요.",
            ),
            Refusal::CorrelatedExposure => self.pick(
                "Raise risk.correlated_exposure, or start with more account.cash.",
                "risk.correlated_exposure를 높이거나 account.cash를 늘리세요.",
            ),
            Refusal::Margin => self.pick(
                "State a smaller size, a higher instrument.leverage, or risk.margin = true to shrink sizes to what is free.",
                "수량을 줄이거나, instrument.leverage를 높이거나, risk.margin = true로 여유 증거금에 맞춰 줄이세요.",
            ),
            Refusal::MinQty | Refusal::MinNotional => self.pick(
                "Start with more account.cash or state a larger size; the instrument's smallest order is above what was asked for.",
                "account.cash를 늘리거나 수량을 키우세요. 종목의 최소 주문보다 작습니다.",
            ),
            Refusal::MinQuantity => self.pick(
                "Start with more account.cash, or lower strategy.sizing.min_quantity.",
                "account.cash를 늘리거나 strategy.sizing.min_quantity를 낮추세요.",
            ),
            Refusal::TooLarge => self.pick(
                "State a smaller size: money beyond this is not kept exactly.",
                "수량을 줄이세요. 이보다 큰 금액은 정확히 계산할 수 없습니다.",
            ),
            Refusal::NoEdge => self.pick(
                "The last trades have no edge for kelly; state another sizing.",
                "최근 거래에 우위가 없어 kelly로 크기를 정할 수 없습니다. 다른 sizing을 쓰세요.",
            ),
            Refusal::NoRate => self.pick(
                "Give the converting instrument data from the start on.",
                "환산에 쓰는 종목의 데이터를 처음부터 주세요.",
            ),
            Refusal::CoolDown => self.pick(
                "Shorten the strategy's cool-down.",
                "전략의 손실 후 대기 시간을 줄이세요.",
            ),
            Refusal::Schedule => self.pick(
                "Widen the strategy's hours or weekdays; they are UTC.",
                "전략의 허용 시간이나 요일을 넓히세요(UTC 기준).",
            ),
            Refusal::PartialClose => self.pick(
                "An operator was closing a part of the position: let that fill first.",
                "운영자가 포지션 일부를 청산하는 중이었습니다. 체결을 기다리세요.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use tickstep_core::decision::{Action, Decision, Outcome, Reason, SizeCut};
    use tickstep_core::instrument::InstrumentId;
    use tickstep_core::order::{Bracket, SlotId};
    use tickstep_core::stats::{Coverage, Edge, StatsInput};
    use tickstep_core::units::{Nanos, Side, Ticks};

    use super::*;

    fn decision(outcome: Outcome, cut: Option<SizeCut>) -> Decision {
        Decision {
            ts: Nanos(0),
            slot: SlotId(0),
            instrument: InstrumentId(0),
            action: Action::OpenLong,
            side: Side::Buy,
            px: Ticks(1),
            lots: None,
            cut,
            bracket: Bracket::default(),
            confidence: None,
            reason: Reason::default(),
            exit: None,
            outcome,
        }
    }

    fn stats(decisions: &[Decision]) -> Stats {
        Stats::compute(&StatsInput {
            equity: &[],
            coverage: &Coverage::default(),
            starting_cash: Decimal::ONE_THOUSAND,
            trades: &[],
            decisions,
            bars: 1_440,
            bars_in_position: 0,
            mean_exposure: 0.0,
            first_price: None,
            last_price: None,
            interval: Nanos::MINUTE,
            search: None,
        })
    }

    fn said(stats: &Stats) -> Vec<String> {
        claims(stats, Lang::En).into_iter().map(|c| c.text).collect()
    }

    #[test]
    fn no_trades_name_the_rule_that_refused_most_and_the_remedy() {
        let refused = |rule| decision(Outcome::Refused(rule), None);
        let decisions = [
            refused(Refusal::MinQty),
            refused(Refusal::Margin),
            refused(Refusal::Margin),
            decision(Outcome::AlreadyThere, None),
        ];
        let said = said(&stats(&decisions));
        assert!(said[0].starts_with("0 trades: margin refused 2 of 4 signals. State a smaller"));
        assert!(said[1].starts_with("0 days of data: below 30 no figure of a year"), "{}", said[1]);
        assert_eq!(
            said[2],
            "4 signals: 0 entries; 3 refused (margin 2, min_qty 1); 1 on the side already held; \
             no size cut by a limit."
        );
    }

    #[test]
    fn without_a_signal_the_bars_that_were_examined_are_told() {
        let said = said(&stats(&[]));
        assert!(said[0].starts_with("0 trades: no entry signal in 1,440 bars."), "{}", said[0]);
        assert_eq!(said.len(), 2, "{said:?}");
    }

    #[test]
    fn the_edge_stands_with_its_interval_and_what_it_says() {
        let edge = |gross: f64, half: f64, trades: usize| {
            let mut stats = stats(&[]);
            stats.edge = Edge {
                gross_bps: Some(gross),
                gross_ci95_bps: Some(half),
                cost_bps: Some(8.0),
                net_bps: Some(gross - 8.0),
                ..Edge::default()
            };
            stats.trades.count = trades;
            if trades >= MIN_TRADES {
                stats.reliability.trades = SampleSize::Sufficient;
            }
            stats.reliability.edge = EdgeEvidence::of(Some(gross), Some(half), trades);
            claims(&stats, Lang::En)[1].clone()
        };
        let little = edge(9.6, 41.3, 8);
        assert_eq!(
            little.text,
            "Gross edge 9.6 ± 41 bps a trade (95 %), 8 trades (30 or more are asked for): says \
             nothing. Costs 8.00, net 1.60 bps a trade."
        );
        assert_eq!(little.tone, ClaimTone::Warn);
        assert!(
            edge(9.6, 4.1, 80).text.contains("9.60 ± 4.10 bps a trade (95 %), 80 trades: above")
        );
        assert!(edge(-9.6, 4.1, 80).text.contains("80 trades: below zero before any cost"));
    }

    #[test]
    fn what_broke_the_account_stands_first() {
        let mut stats = stats(&[]);
        (stats.reliability.ruin, stats.reliability.liquidations) = (true, 3);
        let first = &claims(&stats, Lang::En)[0];
        assert_eq!(first.tone, ClaimTone::Bad);
        assert!(first.text.starts_with("Ruin: equity fell to zero or below. Liquidated 3 times"));
        let korean = &claims(&stats, Lang::Ko)[0];
        assert!(korean.text.contains("강제 청산 3회"), "{}", korean.text);
    }
}
