//! The calendar of a market, told by the days on which it has bars.

use jiff::civil::Date;
use tickstep_config::MarketHours;

/// The calendar that days of bars, which rise, show plainly: Monday to Friday, or that of
/// the one bundled market that trades on exactly these days and closes on others.
pub(super) fn market(days: &[Date]) -> Option<MarketHours> {
    let (first, last) = (*days.first()?, *days.last()?);
    let weekdays = MarketHours::named("weekdays").ok()?;
    if days.iter().any(|day| !weekdays.trades_on(*day)) {
        return None;
    }
    let expected = trading_days(&weekdays, first, last);
    // From one weekend on, with most of the days there.
    let a_weekend = expected.windows(2).any(|pair| pair[0].tomorrow().ok() != Some(pair[1]));
    if !a_weekend || days.len() * 5 < expected.len() * 4 || days.len() < LEAST {
        return None;
    }
    let exactly = |name: &str| {
        let market = MarketHours::named(name).ok()?;
        (trading_days(&market, first, last) == days).then_some(market)
    };
    let mut fitting = MarketHours::names().filter_map(exactly);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => Some(weekdays),
    }
}

/// Days below which a week cannot be told from chance.
const LEAST: usize = 6;

fn trading_days(market: &MarketHours, first: Date, last: Date) -> Vec<Date> {
    let days = first.series(jiff::ToSpan::days(1)).take_while(|day| *day <= last);
    days.filter(|day| market.trades_on(*day)).collect()
}
