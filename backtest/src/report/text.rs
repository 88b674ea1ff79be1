//! Every word of a report, in English and Korean.
//!
//! Both languages stand in one line of one table, so that a word without its
//! Korean does not compile. Names of configuration keys, of rules and of the
//! conditions in a reason are identifiers and stay as they are.

use serde::{Deserialize, Serialize};

use tickstep_core::stats::Undefined;

/// A language of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Its tag in HTML.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    pub(crate) const fn strings(self) -> &'static Strings {
        match self {
            Self::En => &EN,
            Self::Ko => &KO,
        }
    }
}

macro_rules! strings {
    ($($name:ident: $en:expr, $ko:expr;)*) => {
        /// The words of one language, under the names the page uses.
        #[derive(Debug, Serialize)]
        pub(crate) struct Strings {
            pub weekdays: [&'static str; 7],
            $(pub $name: &'static str,)*
        }

        const EN: Strings = Strings {
            weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            $($name: $en,)*
        };

        const KO: Strings = Strings {
            weekdays: ["월", "화", "수", "목", "금", "토", "일"],
            $($name: $ko,)*
        };
    };
}

strings! {
    title: "{0}: backtest report", "{0}: 백테스트 보고서";
    contents: "Contents", "목차";
    dark: "Dark", "어둡게";
    light: "Light", "밝게";
    undefined: "no value", "값 없음";
    nothing: "no bars", "봉 없음";
    long: "long", "롱";
    short: "short", "숏";

    nav_result: "Result", "결과";
    nav_assumed: "Terms", "조건";
    nav_price: "Price", "가격";
    nav_months: "Months", "월별";
    nav_hours: "Hours", "시간대";
    nav_shape: "Trade P&L", "거래 손익";
    nav_parts: "Where from", "손익 원천";
    nav_extremes: "Best, worst", "최고·최저 거래";
    nav_exposure: "Exposure", "익스포저";
    nav_figures: "All figures", "전체 지표";
    nav_data: "Data", "데이터";
    nav_parameters: "Parameters", "설정값";
    nav_again: "Reproduce", "재현";

    assumed_title: "What was it run under?", "어떤 조건으로 실행했나";
    assumed_lead: "Everything that moves money; what nobody stated is marked as a default. All keys stand under Parameters and in stats.json.",
        "손익에 영향을 주는 모든 조건입니다. 따로 지정하지 않은 값은 기본값으로 표시했습니다. 전체 키는 설정값과 stats.json에 있습니다.";
    warnings_head: "Data warnings: {0}.", "데이터 경고 {0}건.";
    see_data: "See Data", "데이터 항목 보기";

    net_profit: "Net profit", "순손익";
    total_return: "Return", "수익률";
    net_trade: "Net a trade", "거래당 순손익";
    break_even: "Break-even cost a side", "편도 손익분기 비용";
    max_drawdown: "Max. drawdown", "최대 낙폭";
    profit_factor: "Profit factor", "프로핏 팩터";
    trades: "Trades", "거래 수";
    sharpe: "Sharpe ratio", "샤프 지수";
    bounds: "worst {0}, best {1}, by the order inside bars", "봉 내 순서에 따라 최악 {0}, 최선 {1}";
    scenario: "scenarios: worst {0}, best {1}; sizes compound, so these are not strict bounds",
        "시나리오: 최악 {0}, 최선 {1} (복리로 수량이 변하므로 엄밀한 상·하한은 아님)";
    ambiguous_bars: "{0} bars touched stop and target; trades they decided: {1}",
        "손절·익절을 함께 건드린 봉 {0}개, 해당 거래 손익 {1}";
    assumed: "{0} exits rest on an assumed order inside a bar", "봉 내 순서를 가정한 청산 {0}건";
    none_assumed: "no exit rests on an assumed order inside a bar", "봉 내 순서를 가정한 청산 없음";
    buy_hold: "buy and hold {0}", "단순 보유 {0}";
    edge_less_costs: "{0} before costs, {1} of costs", "비용 전 {0}, 비용 {1}";
    paid_a_side: "paid: {0} bps a side", "실제 편도 비용 {0} bps";
    longest: "longest", "최장 기간";
    payoff: "payoff", "손익비";
    win_rate: "Win rate", "승률";
    expectancy: "Expectancy", "기대 손익";
    insufficient: "fewer than 30 days: do not trust it", "30일 미만: 신뢰하기 어려움";
    sharpe_basis: "annual, from {0} daily returns", "연율, 일별 수익률 {0}개 기준";

    equity: "Equity", "자산";
    drawdown: "Drawdown", "낙폭";
    equity_title: "How did the account do?", "계좌는 어떻게 움직였나";
    equity_lead: "Equity at every bar's close, open positions and fees included, and its distance from the peak so far. The dashed line is the start.",
        "봉 종가마다 평가한 자산(미결제 포지션과 수수료 포함)과 직전 고점 대비 낙폭입니다. 점선은 시작 자산입니다.";
    equity_label: "Chart of equity and drawdown over time", "시간에 따른 자산과 낙폭 그래프";

    price_title: "What did it trade?", "무엇을 거래했나";
    price_lead: "Price with entries and exits. Triangles are entries (up: long, down: short), dots are exits; green won, red lost. From afar each trade is one dot.",
        "가격과 진입·청산 지점입니다. 삼각형은 진입(위: 롱, 아래: 숏), 점은 청산이며 초록은 이익, 빨강은 손실입니다. 멀리서 보면 거래 하나가 점 하나입니다.";
    price_label: "Price chart with entries and exits", "진입·청산이 표시된 가격 차트";
    price_keys: "Drag to pan; Ctrl and wheel, or the slider, to zoom. With the keyboard: arrows pan, + and - zoom. A click on a trade opens it.",
        "드래그로 이동, Ctrl+휠 또는 아래 막대로 확대·축소합니다. 키보드: 방향키로 이동, +와 -로 확대·축소. 거래를 누르면 확대됩니다.";
    no_prices: "There is no price chart: the data this run was made from is gone or has changed.",
        "가격 차트가 없습니다. 이 실행에 쓰인 데이터가 없거나 바뀌었습니다.";
    previous: "Previous trade", "이전 거래";
    next: "Next trade", "다음 거래";
    whole: "Whole period", "전체 기간";
    minutes: "{0}-minute", "{0}분";
    hours: "{0}-hour", "{0}시간";
    days: "{0}-day", "{0}일";
    candles_of: "{0} candles", "{0}봉";
    trades_here: "{0} trades", "거래 {0}건";
    not_all: "Charts of single trades show {0} of {1}, evenly chosen; every sum and table counts all of them.",
        "개별 거래 그래프에는 전체 {1}건 중 고르게 뽑은 {0}건만 표시하며, 합계와 표는 모두를 집계합니다.";
    open: "open", "시가";
    high: "high", "고가";
    low: "low", "저가";
    close: "close", "종가";

    costs: "Costs", "비용";
    fees: "Fees", "수수료";
    slippage: "Slippage", "슬리피지";
    funding: "Funding", "펀딩비";
    net: "Net P&L", "순손익";
    before_costs: "Before costs", "비용 전 손익";
    costs_title: "What did costs take?", "비용이 얼마나 가져갔나";
    costs_took: "Costs took {0} of a gross result of {1}.", "총손익 {1} 가운데 {0}를 비용이 가져갔습니다.";
    costs_no_gross: "There was no gross profit to take from: {0} before costs, and {1} of costs on top.",
        "비용 전 손익이 {0}이어서 나눠 가질 이익이 없었고, 여기에 비용 {1}이 더해졌습니다.";
    where_gross: "From gross to net", "총손익에서 순손익까지";
    cost_line: "Net P&L at other costs", "비용 수준별 순손익";
    bps_side: "bps a side", "편도 bps";
    paid: "paid", "실제";
    break_even_mark: "break-even", "손익분기";
    break_even_note: "Break-even: {0} bps a side; paid: {1} bps a side, fees, slippage and funding together, with the same trades.",
        "손익분기 비용은 편도 {0} bps, 실제 비용은 편도 {1} bps입니다(수수료·슬리피지·펀딩비 합계, 같은 거래 기준).";

    months_title: "Which months?", "월별 성과";
    months_lead: "Trades by the month they closed in, {0}. The return is of equity from month end to month end.",
        "청산 시각의 월 기준({0})입니다. 수익률은 월말 자산 대비 월말 자산의 변화입니다.";
    month: "Month", "월";
    total: "Total", "합계";
    no_trades: "no trades", "거래 없음";
    hours_title: "Which hours?", "어느 시간대인가";
    hours_lead: "Net P&L by weekday and hour of entry, {0}. Empty cells had no trade.",
        "진입 요일과 시각별 순손익입니다({0}). 빈 칸은 거래가 없던 시간입니다.";
    histogram_title: "How are results spread?", "손익 분포";
    histogram_lead: "Number of trades by net P&L.", "순손익 구간별 거래 수입니다.";
    excursion_title: "How far did trades move?", "거래 중 가격은 얼마나 움직였나";
    excursion_lead: "The farthest a trade went against (MAE) and for (MFE) the position.",
        "보유 중 최대 역행폭(MAE)과 최대 순행폭(MFE)입니다.";
    mae: "MAE, bps", "MAE(최대 역행폭), bps";
    mfe: "MFE, bps", "MFE(최대 순행폭), bps";
    wins: "wins", "이익 거래";
    losses: "losses and break-evens", "손실·본전 거래";

    parts_title: "Where did the money come from?", "손익은 어디에서 나왔나";
    parts_lead: "The same trades, split five ways. The spike level is the volume against its baseline at the entry's decision: elevated from 2, spike from 3, extreme from 5 times.",
        "같은 거래를 다섯 가지로 나눴습니다. 거래량 급증 수준은 진입 결정 시점의 기준 대비 거래량으로, 2배 이상 증가, 3배 이상 급증, 5배 이상 극단입니다.";
    by_exit: "Exit reason", "청산 사유";
    by_spike: "Spike level", "거래량 급증 수준";
    by_side: "Side", "방향";
    by_instrument: "Instrument", "종목";
    by_strategy: "Strategy", "전략";
    net_each: "Net a trade", "거래당 순손익";

    extremes_title: "The ten best and worst trades", "최고 거래와 최저 거래 10건";
    extremes_lead: "By net P&L. A time opens the trade in the price chart.", "순손익 기준입니다. 시각을 누르면 가격 차트에서 열립니다.";
    best: "Best", "최고";
    worst: "Worst", "최저";
    entry: "Entry", "진입";
    entry_time: "Entry", "진입 시각";
    instrument: "Instrument", "종목";
    side: "Side", "방향";
    prices: "Prices", "진입가 → 청산가";
    exit: "Exit", "청산";
    entry_reason: "Reason of the entry", "진입 근거";
    no_reason: "not stated", "기록 없음";
    show_in_chart: "Show in the price chart", "가격 차트에서 보기";
    ambiguous: "order inside the bar assumed", "봉 내 순서 가정";

    exposure_title: "How much was at risk?", "얼마나 노출되었나";
    exposure_lead: "Share of each day with a position open.", "하루 중 포지션을 보유한 시간의 비율입니다.";
    exposure_figures: "Exposure", "익스포저";
    in_market: "Time in the market", "보유 시간 비율";
    notional_equity: "Mean notional to equity", "자산 대비 평균 명목금액";
    turnover: "Turnover", "회전율";
    average_hold: "Average holding time", "평균 보유 시간";
    most_open: "Most positions at once", "최대 동시 포지션 수";
    trades_day: "Trades a day", "일평균 거래 수";
    days_from: "{0} days from {1}", "{1}부터 {0}일";
    figure: "Figure", "지표";
    value: "Value", "값";
    signals_title: "What became of the entry signals", "진입 신호의 처리 결과";
    no_signals: "There was no entry signal.", "진입 신호가 없었습니다.";
    outcome: "Outcome", "결과";
    rule: "By", "사유";
    count: "Number", "건수";
    outcome_sent: "sent", "주문 전송";
    outcome_ignored: "ignored", "무시";
    outcome_refused: "refused", "거부";
    outcome_unfilled: "unfilled", "미체결";

    figures_title: "All figures", "전체 지표";
    figures_lead: "As on the terminal and in stats.json. Ratios are of the closes of days with data, over the year that is stated; drawdowns of every bar's close.",
        "터미널 출력 및 stats.json과 같습니다. 비율 지표는 데이터가 있는 날의 종가와 표시된 연율화 기준, 낙폭은 모든 봉의 종가 기준입니다.";

    data_title: "Can the data be trusted?", "데이터는 믿을 만한가";
    warnings: "Warnings", "경고";
    no_warnings: "No warning was recorded.", "기록된 경고가 없습니다.";
    repairs: "Repairs", "보정";
    no_repairs: "Nothing was repaired.", "보정된 것이 없습니다.";
    loaded: "What was loaded", "불러온 데이터";
    bars_of: "{0} bars of {1} s", "{1}초 봉 {0}개";
    no_gaps: "no gaps", "공백 없음";
    gaps: "{0} gaps, {1} bars missing, the longest {2}", "공백 {0}곳, 누락된 봉 {1}개, 최장 {2}개";
    segments: "segments: {0}", "구간 {0}개";
    tick_stated: "tick {0}", "호가 단위 {0}";
    tick_inferred: "tick {0}, inferred from the data", "호가 단위 {0} (데이터에서 추정)";
    taker: "with taker-buy volume", "테이커 매수 거래량 있음";
    no_taker: "without taker-buy volume", "테이커 매수 거래량 없음";
    no_volume: "{0} bars without volume", "거래량이 0인 봉 {0}개";
    rounded: "{0} values rounded to the stated grid", "지정한 단위로 반올림한 값 {0}개";
    files: "Files", "파일";
    file: "File", "파일";
    bars: "Bars", "봉 수";

    parameters_title: "Parameters", "설정값";
    parameters_lead: "The whole configuration, every change applied. Keys are those of the file and of --set.",
        "모든 변경이 반영된 전체 설정입니다. 키는 설정 파일과 --set에서 쓰는 이름입니다.";
    again_title: "How to make it again", "재현 방법";
    again_lead: "With tickstep {0}; RUN is the folder this page lies in. Every result is compared byte for byte. If the data has moved, name its folder with --base.",
        "tickstep {0} 버전으로 실행합니다. RUN은 이 페이지가 있는 폴더입니다. 모든 결과를 바이트 단위로 비교하며, 데이터를 옮겼다면 --base로 폴더를 지정합니다.";
    again_report: "This page alone, in another language or zone:", "이 페이지만 다른 언어나 시간대로 다시 만들기:";
    results: "Results", "결과 파일";
    footer: "Made by tickstep {0}. A backtest is a statement about the past under the assumptions above, no promise. Charts: Apache ECharts 6.1.0, Apache License 2.0.",
        "tickstep {0}에서 생성. 백테스트는 위 가정 아래의 과거 기록일 뿐 미래를 보장하지 않습니다. 그래프: Apache ECharts 6.1.0, Apache License 2.0.";

    cmp_title: "Runs compared", "실행 비교";
    cmp_equity: "Return since the start", "시작 이후 수익률";
    cmp_differences: "What differs in configuration and data", "설정과 데이터의 차이";
    cmp_same: "Configuration and data are the same.", "설정과 데이터가 같습니다.";
    cmp_figures: "Figures", "지표";

    lv_title: "Live against its backtest", "실거래와 백테스트 비교";
    lv_parts: "Where does the gap come from?", "차이는 어디에서 왔나?";
    lv_parts_lead: "The parts add up to the gap, live less run, to the last digit. Money of live trades is that of the account's ledger.",
        "차이는 실거래에서 백테스트를 뺀 값이며, 각 항목의 합은 마지막 자리까지 차이와 같습니다. 실거래 금액은 계좌 원장 기준입니다.";
    lv_gap: "Gap so far, by the entry of trades", "진입 순서에 따른 누적 차이";
    lv_account: "Account", "계좌";
    lv_status: "In both?", "양쪽 여부";
    lv_entry_run: "Entry, run", "진입(백테스트)";
    lv_entry_live: "Entry, live", "진입(실거래)";
    lv_prices_run: "Prices, run", "가격(백테스트)";
    lv_prices_live: "Prices, live", "가격(실거래)";
    lv_gap_each: "Gap", "차이";
    lv_unsent: "Why were entries not sent?", "진입 주문을 보내지 않은 이유";
    lv_why: "Why", "이유";
    lv_trades: "Trade by trade", "거래별 비교";
    lv_not_all: "The first 2,000 are listed; all are counted.", "처음 2,000건만 표시하며 합계에는 모두 포함됩니다.";

    exit_stop: "stop", "손절";
    exit_target: "target", "익절";
    exit_trailing_stop: "trailing stop", "추적 손절";
    exit_break_even: "break-even stop", "본전 손절";
    exit_time: "time", "보유 시간 만료";
    exit_opposite: "opposite signal", "반대 신호";
    exit_signal: "strategy", "전략 청산";
    exit_liquidation: "liquidation", "강제 청산";
    exit_flatten: "flattened", "전량 정리";
    exit_segment_end: "end of segment", "구간 종료";
    exit_end_of_data: "end of data", "데이터 종료";
    spike_none: "none (< 2x)", "없음(2배 미만)";
    spike_elevated: "elevated (2x)", "증가(2배 이상)";
    spike_spike: "spike (3x)", "급증(3배 이상)";
    spike_extreme: "extreme (5x)", "극단(5배 이상)";
    spike_unknown: "not stated", "기록 없음";
}

/// Why a figure has no value, in words.
pub(crate) fn undefined(lang: Lang, why: Undefined) -> String {
    match lang {
        Lang::En => why.to_string(),
        Lang::Ko => match why {
            Undefined::TooShort => "기간 부족",
            Undefined::NoTrades => "거래 없음",
            Undefined::NoWins => "이익 거래 없음",
            Undefined::NoLosses => "손실 거래 없음",
            Undefined::NoLosingDays => "손실일 없음",
            Undefined::NoVariance => "변동 없음",
            Undefined::NoDrawdown => "낙폭 없음",
            Undefined::NoLowerTail => "하방 꼬리 없음",
            Undefined::Ruin => "파산",
            Undefined::SharpeNotPositive => "샤프 지수가 0 이하",
            Undefined::NeedsSearch => "탐색 필요",
            Undefined::NoStops => "손절 없음",
            Undefined::NotGiven => "해당 없음",
            Undefined::OutOfRange => "계산 범위 초과",
        }
        .to_owned(),
    }
}

/// The few words inside printed values.
pub(crate) fn value(lang: Lang, value: &str) -> String {
    match lang {
        Lang::En => value.to_owned(),
        Lang::Ko => [
            ("(insufficient)", "(표본 부족)"),
            ("(open)", "(회복 전)"),
            (" days", "일"),
            (" d ", "일 "),
        ]
        .into_iter()
        .fold(value.to_owned(), |text, (en, ko)| text.replace(en, ko)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use tickstep_core::order::ExitReason;

    fn keys(lang: Lang) -> serde_json::Map<String, serde_json::Value> {
        serde_json::to_value(lang.strings()).unwrap().as_object().unwrap().clone()
    }

    /// The names that follow `T.` in the page's script.
    fn used() -> BTreeSet<String> {
        let script = concat!(
            include_str!("assets/shell.js"),
            include_str!("assets/run.js"),
            include_str!("assets/compare.js"),
            include_str!("assets/live.js"),
        );
        let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
        script
            .match_indices("T.")
            .filter(|(i, _)| !script[..*i].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
            .map(|(i, _)| script[i + 2..].chars().take_while(|c| is_word(*c)).collect())
            .collect()
    }

    #[test]
    fn the_page_uses_every_word_and_no_other() {
        let built = |k: &&String| ["exit_", "spike_", "outcome_"].iter().any(|p| k.starts_with(p));
        let there: BTreeSet<String> =
            keys(Lang::En).keys().filter(|k| !built(k)).cloned().collect();
        let used: BTreeSet<String> = used().into_iter().filter(|k| !built(&k)).collect();
        assert_eq!(used, there);
    }

    #[test]
    fn words_built_from_names_exist() {
        let there = keys(Lang::Ko);
        let exits = ExitReason::ALL.iter().map(|r| format!("exit_{}", r.name()));
        let spikes = super::super::entries::SPIKES.iter().map(|s| format!("spike_{s}"));
        let outcomes = ["sent", "ignored", "refused", "unfilled"].map(|o| format!("outcome_{o}"));
        for key in exits.chain(spikes).chain(outcomes) {
            assert!(there.contains_key(&key), "{key}");
        }
    }

    #[test]
    fn korean_is_korean_and_keeps_every_value() {
        let (en, ko) = (keys(Lang::En), keys(Lang::Ko));
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for (key, ko) in ko {
            let Some(ko) = ko.as_str() else { continue };
            assert!(hangul(ko), "{key}: {ko}");
            for place in ["{0}", "{1}", "{2}"] {
                let en = en[&key].as_str().unwrap();
                assert_eq!(en.contains(place), ko.contains(place), "{key}");
            }
        }
    }
}
