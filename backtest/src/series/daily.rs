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
    // Trading days from one bar to the next; years that the data leave out say nothing.
    let steps: Vec<(usize, bool)> = days
        .windows(2)
        .map(|pair| {
            let trading = trading_days(&weekdays, pair[0], pair[1]).len() - 1;
            let closed = pair[0].duration_until(pair[1]).as_hours() > 24 * trading as i64;
            (trading, closed)
        })
        .filter(|(trading, _)| *trading <= HOLE)
        .collect();
    let expected = 1 + steps.iter().map(|(trading, _)| trading).sum::<usize>();
    // From one weekend on, with most of the days there.
    let a_weekend = steps.iter().any(|(_, closed)| *closed);
    if !a_weekend || steps.len() * 5 < expected * 4 || days.len() < LEAST {
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

/// Trading days without a bar beyond which the data have a hole, and not the market.
const HOLE: usize = 22;

/// Days below which a week cannot be told from chance.
const LEAST: usize = 6;

fn trading_days(market: &MarketHours, first: Date, last: Date) -> Vec<Date> {
    let days = first.series(jiff::ToSpan::days(1)).take_while(|day| *day <= last);
    days.filter(|day| market.trades_on(*day)).collect()
}
