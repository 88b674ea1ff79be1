//! The labels of figures in Korean: metrics by their key in the catalogue, the few
//! other rows and the titles by their English words.

use tickstep_core::order::ExitReason;
use tickstep_core::stats::{CATALOGUE, MetricUnit};

use super::text::Lang;

/// A title or label of the table of figures.
pub(crate) fn label(lang: Lang, label: &str) -> String {
    let known = match lang {
        Lang::En => None,
        Lang::Ko => korean(label),
    };
    known.unwrap_or_else(|| label.to_owned())
}

/// `None` where there is no Korean; a test holds this against every label there is.
fn korean(label: &str) -> Option<String> {
    if let Some(reason) = label.strip_prefix("Exit: ") {
        let word = ExitReason::ALL.into_iter().find(|r| r.name() == reason);
        return word.map(|r| format!("청산: {}", exit_ko(r)));
    }
    if let Some(metric) = CATALOGUE.iter().find(|m| m.heading() == label) {
        let name = word(METRICS, metric.key)?;
        return Some(match unit(metric.unit) {
            Some(unit) => format!("{name} [{unit}]"),
            None => name.to_owned(),
        });
    }
    // A metric that prints its unit with its value.
    let metric = CATALOGUE.iter().find(|m| m.label == label);
    metric.map_or_else(|| word(FACTS, label), |m| word(METRICS, m.key)).map(str::to_owned)
}

fn word(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(en, _)| *en == name).map(|(_, ko)| *ko)
}

/// The unit as it stands in brackets behind a label.
const fn unit(unit: MetricUnit) -> Option<&'static str> {
    match unit {
        MetricUnit::BpsATrade => Some("거래당 bps"),
        MetricUnit::BpsASide => Some("편도 bps"),
        MetricUnit::Days | MetricUnit::SpanDays => Some("일"),
        MetricUnit::SpanHours => Some("시간"),
        MetricUnit::None | MetricUnit::Money | MetricUnit::Percent | MetricUnit::R => unit.symbol(),
    }
}

const fn exit_ko(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Stop => Lang::Ko.strings().exit_stop,
        ExitReason::Target => Lang::Ko.strings().exit_target,
        ExitReason::TrailingStop => Lang::Ko.strings().exit_trailing_stop,
        ExitReason::BreakEven => Lang::Ko.strings().exit_break_even,
        ExitReason::Time => Lang::Ko.strings().exit_time,
        ExitReason::Opposite => Lang::Ko.strings().exit_opposite,
        ExitReason::Signal => Lang::Ko.strings().exit_signal,
        ExitReason::Liquidation => Lang::Ko.strings().exit_liquidation,
        ExitReason::Flatten => Lang::Ko.strings().exit_flatten,
        ExitReason::SegmentEnd => Lang::Ko.strings().exit_segment_end,
        ExitReason::EndOfData => Lang::Ko.strings().exit_end_of_data,
    }
}

/// The metrics of the catalogue by key, in its order.
const METRICS: &[(&str, &str)] = &[
    ("total_return", "수익률"),
    ("net_profit", "순손익"),
    ("final_equity", "최종 자산"),
    ("peak_equity", "최고 자산"),
    ("cagr", "연복리 수익률(CAGR)"),
    ("buy_hold_return", "단순 보유 수익률"),
    ("fees", "지급 수수료"),
    ("slippage", "슬리피지 비용"),
    ("funding", "펀딩비"),
    ("exposure_time", "보유 시간 비율"),
    ("exposure_notional", "평균 명목금액/자산"),
    ("turnover", "회전율"),
    ("gross_bps", "비용 전 손익"),
    ("cost_bps", "비용"),
    ("net_bps", "순손익"),
    ("cost_side_bps", "비용"),
    ("break_even_side_bps", "손익분기 비용"),
    ("max_drawdown", "최대 낙폭(MDD)"),
    ("average_drawdown", "평균 낙폭"),
    ("longest_drawdown", "최장 낙폭 기간"),
    ("mean_drawdown_span", "평균 낙폭 기간"),
    ("ulcer_index", "얼서 지수"),
    ("volatility", "연 변동성"),
    ("var_95", "VaR 95"),
    ("cvar_95", "CVaR 95"),
    ("tail_ratio", "꼬리 비율"),
    ("sharpe", "샤프 지수"),
    ("sortino", "소르티노 지수"),
    ("calmar", "칼마 지수"),
    ("omega", "오메가 지수"),
    ("sharpe_daily", "샤프 지수(일 단위)"),
    ("skewness", "왜도"),
    ("kurtosis", "첨도"),
    ("probabilistic_sharpe", "확률적 샤프 지수(PSR)"),
    ("deflated_sharpe", "디플레이티드 샤프 지수(DSR)"),
    ("min_track_record_days", "최소 실적 기간"),
    ("sharpe_bars", "샤프 지수(봉 기준)"),
    ("sharpe_bars_lo", "샤프 지수(봉 기준, Lo 보정)"),
    ("trades", "거래 수"),
    ("wins", "이익 거래 수"),
    ("losses", "손실 거래 수"),
    ("break_evens", "본전 거래 수"),
    ("win_rate", "승률"),
    ("profit_factor", "프로핏 팩터(총이익/총손실)"),
    ("expectancy", "거래당 기대 손익"),
    ("expectancy_r", "기대 손익"),
    ("sqn", "SQN(시스템 품질 지수)"),
    ("kelly", "켈리 비율"),
    ("payoff_ratio", "손익비(평균 이익/평균 손실)"),
    ("max_consecutive_wins", "최다 연속 이익"),
    ("max_consecutive_losses", "최다 연속 손실"),
    ("best", "최고 거래"),
    ("worst", "최저 거래"),
    ("average", "평균 거래"),
    ("average_win", "평균 이익 거래"),
    ("average_loss", "평균 손실 거래"),
    ("max_duration", "최장 보유 시간"),
    ("average_duration", "평균 보유 시간"),
    ("mae_average", "MAE 평균"),
    ("mae_largest", "MAE 최대"),
    ("mfe_average", "MFE 평균"),
    ("mfe_largest", "MFE 최대"),
    ("ambiguous", "봉 내 순서 가정 청산"),
];

/// Titles, and what stands beside the metrics.
const FACTS: &[(&str, &str)] = &[
    ("Result", "결과"),
    ("Does it pay", "수익성"),
    ("Risk", "위험"),
    ("Return per risk", "위험 대비 수익"),
    ("Trades", "거래"),
    ("Where the money came from", "손익의 원천"),
    ("Start", "시작"),
    ("End", "종료"),
    ("Duration", "기간"),
    ("Covered By Data", "데이터가 있는 기간"),
    ("Annualised Over", "연율화 기준"),
    ("Equity Start", "시작 자산"),
    ("Max. Drawdown to Trough", "최대 낙폭의 고점→저점 기간"),
    ("Daily Returns", "일별 수익률 수"),
    ("Wins / Losses / Break-evens", "이익 / 손실 / 본전"),
    ("Long", "롱"),
    ("Short", "숏"),
    ("Matched trades", "일치한 거래"),
    ("Missed trades", "놓친 거래"),
    ("Rejected trades", "거부된 거래"),
    ("Extra trades", "추가 거래"),
    ("Left out, run / live", "제외: 백테스트 / 실거래"),
    ("P&L of the run", "백테스트 손익"),
    ("P&L live", "실거래 손익"),
    ("Gap: price", "차이: 가격"),
    ("Gap: latency", "차이: 지연"),
    ("Gap: other exits", "차이: 다른 청산"),
    ("Gap: size", "차이: 수량"),
    ("Gap: fees", "차이: 수수료"),
    ("Gap: funding", "차이: 펀딩"),
    ("Gap: missed", "차이: 놓친 거래"),
    ("Gap: rejects", "차이: 거부"),
    ("Gap: extra", "차이: 추가 거래"),
    ("Gap, all of it", "전체 차이"),
    ("Latency, median / 95 % [ms]", "지연 중앙값 / 95% [ms]"),
    ("Slippage, median / 95 % [ticks]", "슬리피지 중앙값 / 95% [틱]"),
    ("Entries rejected, of sent", "거부된 진입, 보낸 진입"),
    ("Entries not sent", "보내지 않은 진입"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_korean_and_no_other_key_is_there() {
        let keys: Vec<&str> = CATALOGUE.iter().map(|m| m.key).collect();
        let translated: Vec<&str> = METRICS.iter().map(|(key, _)| *key).collect();
        assert_eq!(translated, keys);
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for (name, ko) in METRICS.iter().chain(FACTS) {
            assert!(hangul(ko) || name.contains("var_95"), "{name}");
        }
    }
}
