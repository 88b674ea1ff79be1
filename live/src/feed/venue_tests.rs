//! Spans of candles.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use rust_decimal::Decimal;

use super::*;
use crate::broker::BrokerReply;

const MINUTE: Nanos = Nanos::MINUTE;

/// A broker that answers each question for candles with all bars of its span, and fails from
/// a time on.
struct Shelf {
    spans: Mutex<Vec<(Nanos, Nanos)>>,
    until: Nanos,
}

impl Broker for Shelf {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        let Call::Read(Read::Candles { from, to, .. }) = call else { unreachable!() };
        self.spans.lock().unwrap().push((from, to));
        let px = Decimal::ONE;
        let bar = |at: i64| Candle {
            ts_open: MINUTE.times(at),
            open: px,
            high: px,
            low: px,
            close: px,
            volume: None,
            taker_buy: None,
        };
        let bars = from.0.div_euclid(MINUTE.0)..to.0.div_euclid(MINUTE.0);
        let reply = match to <= self.until {
            true => Reply::Candles(bars.map(bar).collect()),
            false => Reply::Failed(Fault::Server(500)),
        };
        Box::pin(async move { (reply, Some(Nanos(7))) })
    }
}

#[tokio::test]
async fn a_long_span_is_asked_for_in_parts_and_is_there_whole_or_not_at_all() {
    for (bars, parts) in [(1, 1), (700, 1), (701, 2), (2_000, 3)] {
        let span = (MINUTE.times(100), MINUTE.times(100 + bars));
        let deadline = std::time::Duration::from_secs(1);
        let shelf = Arc::new(Shelf { spans: Mutex::default(), until: span.1 });
        let broker: Arc<dyn Broker> = Arc::clone(&shelf) as _;
        let symbol = || "XAUUSD".to_owned();
        let (reply, date) = ask_span(broker, symbol(), CandleInterval::M1, span, deadline).await;
        let Reply::Candles(candles) = reply else { panic!("{reply:?}") };
        let opens: Vec<Nanos> = candles.iter().map(|c| c.ts_open).collect();
        let wanted: Vec<Nanos> = (100..100 + bars).map(|at| MINUTE.times(at)).collect();
        assert_eq!((opens, date), (wanted, Some(Nanos(7))));
        assert_eq!(shelf.spans.lock().unwrap().len(), parts);
        let torn = Shelf { spans: Mutex::default(), until: span.1 - MINUTE };
        let broker: Arc<dyn Broker> = Arc::new(torn);
        let (reply, _) = ask_span(broker, symbol(), CandleInterval::M1, span, deadline).await;
        assert_eq!(reply, Reply::Failed(Fault::Server(500)));
    }
}
