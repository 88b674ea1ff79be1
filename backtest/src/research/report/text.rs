//! Every word of the report of a search, in English and Korean: both in one line, so
//! that a word without its Korean does not compile. Words that the report of a run has
//! too come from there.

use serde::Serialize;

use crate::report::text::Lang;

macro_rules! words {
    ($($name:ident: $en:expr, $ko:expr;)*) => {
        /// The words of one language, under the names the page uses.
        #[derive(Debug, Serialize)]
        pub(super) struct SearchWords {
            $(pub $name: &'static str,)*
        }
        const EN: SearchWords = SearchWords { $($name: $en,)* };
        const KO: SearchWords = SearchWords { $($name: $ko,)* };
    };
}

/// The words of `lang`.
pub(super) const fn words(lang: Lang) -> &'static SearchWords {
    match lang {
        Lang::En => &EN,
        Lang::Ko => &KO,
    }
}

words! {
    title: "{0}: search report", "{0}: 탐색 보고서";
    undefined: "no value", "값 없음";

    nav_verdict: "Verdict", "판정";
    nav_luck: "Luck", "운";
    nav_ground: "Plateau or spike", "고원·첨탑";
    nav_steps: "Sensitivity", "민감도";
    nav_influence: "Influence", "영향력";
    nav_spread: "All sets", "전체 조합";
    nav_top: "Best sets", "상위 조합";
    nav_outside: "Out of sample", "표본 외";
    nav_walk: "Walk-forward", "워크포워드";
    nav_paths: "Cross-validation", "교차검증";
    nav_bands: "Monte Carlo", "몬테카를로";
    nav_searched: "Searched", "탐색 범위";

    holds: "holds", "충족";
    fails: "fails", "미충족";
    unjudged: "not judged", "판정 불가";
    holding: "{0} of {1} rules hold", "규칙 {1}개 중 {0}개 충족";

    card_best: "Best {0}", "최고 {0}";
    card_median: "median of all sets {0}", "전체 조합의 중앙값 {0}";
    card_luck: "expected by luck alone {0}", "운만으로 기대되는 최고값 {0}";
    card_ground: "The best set stands on", "최고 조합의 지형";
    plateau: "a plateau", "고원";
    slope: "a slope", "경사면";
    spike: "a spike", "첨탑";
    alone: "no neighbours", "이웃 없음";
    card_share: "{0} of its {1} neighbours keep half of its lead", "이웃 {1}개 중 {0}가 우위의 절반 이상 유지";
    card_stable: "Stable choice, {0}", "안정 조합의 {0}";
    card_around: "median around it {0}", "주변 중앙값 {0}";
    card_same: "the same set as the best", "최고 조합과 동일";
    card_sets: "Sets tried", "시도한 조합";
    card_excluded: "{0} excluded by conditions", "조건으로 제외 {0}개";
    card_failed: "{0} failed", "실패 {0}개";
    card_undefined: "{0} without a value", "값이 없는 조합 {0}개";

    luck_title: "Could luck have found it?", "운으로도 나올 수 있는 결과인가";
    luck_lead: "The more sets are tried, the better the best one looks, even if none has an edge.",
        "우위가 전혀 없어도 시도한 조합이 많을수록 최고 결과는 좋아 보입니다.";
    trials: "Sets tried in this search", "이번 탐색에서 시도한 조합";
    trials_all: "Sets tried in all searches on this data", "이 데이터에서 지금까지 시도한 조합";
    trials_all_say: "Every look at the same data counts.", "같은 데이터를 볼 때마다 모두 셉니다.";
    effective: "Independent trials they amount to", "독립 시행으로 환산한 수";
    effective_say: "Sets that trade alike count as one.", "비슷하게 거래하는 조합은 하나로 봅니다.";
    expected_best: "Best by luck alone: {0}", "운만으로 기대되는 최고값: {0}";
    expected_best_say: "What the best of as many sets without an edge would show.", "우위가 없는 같은 수의 조합 가운데 최고가 보일 값입니다.";
    found_best: "Best found: {0}", "실제 최고값: {0}";
    found_above: "{0} above what luck would show.", "운으로 기대되는 값보다 {0} 높습니다.";
    found_below: "{0} below what luck would show: no evidence of an edge.", "운으로 기대되는 값보다 {0} 낮습니다. 우위의 증거가 없습니다.";
    dsr: "Deflated Sharpe ratio (DSR)", "디플레이티드 샤프 지수(DSR)";
    dsr_say: "Probability of an edge once the trials are counted. 0.95 is the usual bar.", "시도 횟수를 감안하고도 우위가 있을 확률입니다. 보통 0.95를 기준으로 합니다.";
    pbo: "Probability of backtest overfitting (PBO)", "백테스트 과최적화 확률(PBO)";
    pbo_say: "How often the best set in sample is below the median out of sample. 0.5 is chance.", "표본 내 최고 조합이 표본 외에서 중앙값에 못 미치는 비율입니다. 0.5는 우연과 같습니다.";
    min_track: "Minimum track record (MinTRL)", "최소 실적 기간(MinTRL)";
    min_track_say: "History a result like this needs to be told from none.", "이 정도 결과를 무의미한 결과와 구별하는 데 필요한 기간입니다.";
    min_track_have: "History a result like this needs to be told from none. There are {0} days.", "이 정도 결과를 무의미한 결과와 구별하는 데 필요한 기간입니다. 보유한 기간은 {0}일입니다.";
    days: "{0} days", "{0}일";

    spread_title: "All sets", "전체 조합의 분포";
    spread_lead: "Number of sets by {0}. A best set far from the rest, or short of the luck line, is suspect.",
        "{0} 구간별 조합 수입니다. 최고 조합이 나머지와 동떨어져 있거나 운 기준선에 못 미치면 의심해야 합니다.";
    logits_title: "Does the order last out of sample?", "표본 외에서도 순위가 유지되는가";
    logits_lead: "Logits of the out-of-sample rank of the set that was best in sample, over many splits of the history. Below zero, in red, it fell below the median.",
        "기간을 여러 방식으로 나눠 표본 내 최고 조합의 표본 외 순위를 로짓으로 나타냅니다. 0보다 작은 붉은 구간은 중앙값에 못 미친 경우입니다.";
    best_mark: "best", "최고";
    luck_mark: "luck", "운";
    median_mark: "median", "중앙값";
    sets_of: "{0} sets", "조합 {0}개";
    splits_of: "{0} splits", "분할 {0}개";
    off_scale: "{0}, off the scale", "{0}, 축 범위 밖";
    and_below: "and below", "이하 전부";
    and_above: "and above", "이상 전부";

    ground_title: "Plateau or spike?", "고원인가, 첨탑인가";
    ground_plateau: "The best set stands on a plateau: {0} of its {1} neighbours keep at least half of its lead over the median of all sets.",
        "최고 조합은 고원 위에 있습니다. 이웃 {1}개 중 {0}가 전체 중앙값 대비 우위의 절반 이상을 유지합니다.";
    ground_slope: "The best set stands on a slope: {0} of its {1} neighbours keep at least half of its lead over the median of all sets. Prefer the stable choice.",
        "최고 조합은 경사면에 있습니다. 이웃 {1}개 중 {0}가 전체 중앙값 대비 우위의 절반 이상을 유지합니다. 안정 조합이 낫습니다.";
    ground_spike: "The best set is a spike: only {0} of its {1} neighbours keep at least half of its lead over the median of all sets. A small change of a parameter, or of the market, takes it away.",
        "최고 조합은 첨탑입니다. 이웃 {1}개 중 {0}만 전체 중앙값 대비 우위의 절반 이상을 유지합니다. 파라미터나 시장이 조금만 바뀌어도 사라집니다.";
    ground_alone: "The best set has no neighbours to compare with.", "최고 조합과 비교할 이웃이 없습니다.";
    neighbours_grid: "Neighbours are all sets within one level on every numeric axis.", "이웃은 모든 수치 축에서 한 단계 이내에 있는 조합입니다.";
    neighbours_drawn: "Neighbours are the nearest sets by rank, as the sets were drawn.", "무작위로 뽑은 조합이므로 순위 거리가 가장 가까운 조합을 이웃으로 봅니다.";
    single_best: "Single best", "최고 조합";
    stable: "Stable choice", "안정 조합";
    stable_region: "Stable region", "안정 영역";
    around_median: "Median of the neighbourhood", "주변 중앙값";
    around_worst: "Worst of the neighbourhood", "주변 최저값";
    around_count: "Sets in the neighbourhood", "주변 조합 수";
    region_sets: "{0} sets", "조합 {0}개";
    region_more: "more than {0} sets", "조합 {0}개 이상";
    range: "{0} to {1}", "{0} ~ {1}";
    set: "Set", "조합";
    pair: "Axes", "축";
    show_median: "Median over the other axes", "다른 축 전체의 중앙값";
    show_best: "Best over the other axes", "다른 축 전체의 최고값";
    show_slice: "Slice through the best set", "최고 조합을 지나는 단면";
    map_axes: "Across: {0}. Up: {1}. Brighter is better.", "가로: {0}, 세로: {1}. 밝을수록 좋습니다.";
    map_marks: "★ single best, ◆ stable choice, dashed: stable region, empty: no value.", "★ 최고 조합, ◆ 안정 조합, 점선: 안정 영역, 빈 칸: 값 없음.";
    map_label: "Heat map of {0} over {1} and {2}", "{1}·{2}별 {0} 히트맵";
    map_clipped: "The darkest colour holds everything up to {0}.", "가장 어두운 색은 {0} 이하를 모두 나타냅니다.";
    map_clipped_low: "The darkest colour holds everything from {0} on.", "가장 어두운 색은 {0} 이상을 모두 나타냅니다.";
    median_is: "median {0}", "중앙값 {0}";
    best_is: "best {0}", "최고 {0}";
    slice_is: "slice {0}", "단면 {0}";
    no_slice: "no value on the slice", "단면에 값 없음";

    steps_title: "What does a step cost?", "한 단계 바꾸면 얼마나 나빠지는가";
    steps_lead: "One parameter moved, all others as in the best set. The thin line is the median of all sets on the level.",
        "다른 파라미터는 최고 조합에 고정하고 하나만 바꿉니다. 가는 선은 그 단계에 있는 모든 조합의 중앙값입니다.";
    steps_drawn: "One parameter moved; the others as near to the best set as there are sets. The thin line is the median of all sets on the level.",
        "하나만 바꾸고 나머지는 최고 조합에 가장 가까운 조합을 씁니다. 가는 선은 그 단계에 있는 모든 조합의 중앙값입니다.";
    step_cost: "One step costs up to {0}", "한 단계에 최대 {0} 악화";
    name_cost: "Another choice costs up to {0}", "다른 선택 시 최대 {0} 악화";
    step_gain: "One step costs nothing", "한 단계 바꿔도 악화 없음";
    step_none: "No neighbour has a value", "값이 있는 이웃 없음";
    steps_two: "two {0}", "두 단계 {0}";
    steps_more: "two {0}, three {1}", "두 단계 {0}, 세 단계 {1}";
    through_best: "through the best set", "최고 조합 기준";
    of_all: "median of all sets", "전체 중앙값";

    influence_title: "Which parameter matters?", "어떤 파라미터가 중요한가";
    influence_lead: "Share of the variance of {0} that each parameter explains alone.", "{0} 분산 가운데 각 파라미터가 단독으로 설명하는 비율입니다.";
    together: "only together, or chance", "상호작용 또는 우연";

    top_title: "The best sets", "상위 조합";
    top_lead: "Click a heading to sort. {0} of {1} sets.", "제목을 누르면 정렬됩니다. 전체 {1}개 중 {0}개입니다.";
    rank: "Rank", "순위";

    outside_title: "Out of sample", "표본 외 성과";
    outside_lead: "Equity where the parameters were chosen and where they were not.", "파라미터를 고른 구간과 고르지 않은 구간의 자산입니다.";
    inside: "in sample", "표본 내";
    outside: "out of sample", "표본 외";
    multiple: "equity, start = 1", "자산(시작 = 1)";
    walk_title: "Walk-forward", "워크포워드";
    walk_lead: "Parameters chosen on one window and traded on the next.", "한 구간에서 고른 파라미터를 다음 구간에 적용했습니다.";
    efficiency: "Walk-forward efficiency: {0}.", "워크포워드 효율: {0}.";
    train: "Searched", "탐색 구간";
    test: "Then traded", "적용 구간";
    chosen: "Chosen", "선택한 조합";
    none_chosen: "no set", "선택 없음";
    paths_title: "Was one stretch of history lucky?", "어느 한 구간의 운이었는가";
    paths_lead: "A walk-forward is one path through history and may be a lucky one. Combinatorial purged cross-validation gives several: it judges the way of choosing a set, not what would have been earned.",
        "워크포워드는 한 가지 경로이므로 운이 좋았을 수도 있습니다. 조합 제거 교차검증(CPCV)은 여러 경로를 만듭니다. 실제로 벌었을 금액이 아니라 조합을 고르는 방법을 평가합니다.";
    paths_made: "The history is cut into {0} groups of days, and each choice of {1} of them is the test once: {2} splits. In each, the best of {3} sets on the other days, without those whose trades reach into the test, is traded on the test.",
        "기간을 {0}개 그룹으로 나누고 그중 {1}개씩 시험 구간으로 삼아 분할 {2}개를 만듭니다. 분할마다 거래가 시험 구간에 걸치는 날을 뺀 나머지에서 조합 {3}개 중 최고를 골라 시험 구간에 적용합니다.";
    paths_joined: "Laid end to end, the tests are {0} whole histories that no choice has seen.",
        "시험 구간을 이어 붙이면 선택에 쓰이지 않은 전체 이력 {0}개가 됩니다.";
    paths_low: "Annual Sharpe ratio, 5th percentile of the paths", "연 샤프 지수, 경로의 5 백분위";
    paths_low_say: "Nearly the worst of them.", "가장 나쁜 경로에 가까운 값입니다.";
    paths_median: "Median of the paths", "경로의 중앙값";
    paths_high: "95th percentile of the paths", "경로의 95 백분위";
    paths_high_say: "Nearly the best of them.", "가장 좋은 경로에 가까운 값입니다.";
    paths_below: "Paths with a Sharpe ratio below zero", "샤프 지수가 0보다 작은 경로";
    paths_below_say: "Half of them is what no skill at choosing gives, before costs.", "고르는 능력이 없으면 비용을 빼기 전에 절반이 됩니다.";
    bands_title: "Monte Carlo", "몬테카를로";
    bands_lead: "The same figures over resampled histories: 5 of 100 were below the first column, half below the second.",
        "재표본한 이력에서 같은 지표를 구했습니다. 100번 중 5번은 첫 열보다, 절반은 둘째 열보다 낮았습니다.";
    figure: "Figure", "지표";
    actual: "As tested", "실제 결과";

    searched_title: "What was searched", "탐색 범위";
    instruments: "Instruments", "종목";
    span: "Period", "기간";
    strategy: "Strategy", "전략";
    method: "Method", "탐색 방법";
    objective: "Objective", "목표 지표";
    further: "Other figures", "기타 지표";
    axis: "Parameter", "파라미터";
    levels: "Levels", "단계 수";
    values: "Values", "값";
    binned: "bins", "구간";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_figure_that_can_be_searched_for_has_its_korean() {
        for metric in crate::research::sweep::metric::Metric::all() {
            let ko = crate::report::labels::label(Lang::Ko, &metric.label());
            let hangul = ko.chars().any(|c| ('가'..='힣').contains(&c));
            assert!(hangul || ko.contains("VaR"), "{ko}");
        }
    }

    fn keys(lang: Lang) -> serde_json::Map<String, serde_json::Value> {
        serde_json::to_value(words(lang)).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn the_page_uses_every_word_and_no_other() {
        let script = concat!(
            include_str!("../../report/assets/shell.js"),
            include_str!("../../report/assets/search.js"),
        );
        let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
        let used: BTreeSet<String> = script
            .match_indices("T.")
            .filter(|(i, _)| !script[..*i].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
            .map(|(i, _)| script[i + 2..].chars().take_while(|c| is_word(*c)).collect())
            .collect();
        let there: BTreeSet<String> = keys(Lang::En).keys().cloned().collect();
        assert_eq!(used, there);
    }

    #[test]
    fn korean_is_korean_and_keeps_every_value() {
        let (en, ko) = (keys(Lang::En), keys(Lang::Ko));
        for (key, ko) in ko {
            let (en, ko) = (en[&key].as_str().unwrap(), ko.as_str().unwrap());
            let hangul = ko.chars().any(|c| ('가'..='힣').contains(&c));
            assert!(hangul || key == "range", "{key}: {ko}");
            for place in ["{0}", "{1}", "{2}"] {
                assert_eq!(en.contains(place), ko.contains(place), "{key}");
            }
        }
    }
}
