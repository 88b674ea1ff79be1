//! The addresses of streams, and which connection belongs to which of them.

use super::link::{LinkTerms, StreamLink};

/// Numbers of connections of the second address begin here.
const SECOND_ADDRESS: u64 = 1 << 32;

/// An address with its streams.
pub(crate) struct StreamAddress {
    pub url: String,
    pub has_books: bool,
    pub link: StreamLink,
}

/// What is wanted beside bars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamsWanted {
    pub trades: bool,
    pub books: bool,
}

/// The address of a connection.
pub(crate) fn address_of(addresses: &mut [StreamAddress], connection: u64) -> &mut StreamAddress {
    let at = usize::from(connection > SECOND_ADDRESS).min(addresses.len() - 1);
    &mut addresses[at]
}

/// The addresses with the streams of these instruments, by their names in lower case and the
/// lengths of their bars: one, where books have no other.
pub(crate) fn addresses(
    (market_url, depth_url): (&str, &str),
    link: LinkTerms,
    wanted: StreamsWanted,
    mut names: Vec<(String, &str)>,
) -> Vec<StreamAddress> {
    names.sort();
    names.dedup();
    let mut market: Vec<String> =
        names.iter().map(|(name, interval)| format!("{name}@kline_{interval}")).collect();
    names.dedup_by(|a, b| a.0 == b.0);
    if wanted.trades {
        market.extend(names.iter().map(|(name, _)| format!("{name}@aggTrade")));
    }
    let books: Vec<String> = names.iter().map(|(name, _)| format!("{name}@depth@100ms")).collect();
    let address = |base: &str, mut streams: Vec<String>, has_books, first| {
        streams.sort();
        let url = format!("{}/stream?streams={}", base.trim_end_matches('/'), streams.join("/"));
        StreamAddress { url, has_books, link: StreamLink::new(link, first) }
    };
    match (wanted.books, market_url == depth_url) {
        (false, _) => vec![address(market_url, market, false, 0)],
        (true, true) => {
            let both = market.into_iter().chain(books).collect();
            vec![address(market_url, both, true, 0)]
        }
        (true, false) => vec![
            address(market_url, market, false, 0),
            address(depth_url, books, true, SECOND_ADDRESS),
        ],
    }
}
