//! An instrument's name, told by the names of its files.
//!
//! Programs that write files have their own way of naming them, which the bundled formats
//! know (`DAT_NT_EURUSD_M1_201502.csv` is EURUSD, `aapl.us.txt` is AAPL). Any other name
//! begins with its symbol, or has it behind the name of a venue.

use std::sync::LazyLock;

use super::error::LoadError;
use super::format::Format;
use crate::series::error::SeriesFault;

/// The one symbol that all file names tell: `FILUSDT` of `FILUSDT-1m-2023-08.csv.gz`, of
/// `kraken-FILUSDT_1m.csv` and of `filusdt-1m.csv`.
///
/// ```
/// use tickstep_backtest::load::symbol_of;
///
/// let of = |name: &str| symbol_of(&[name.to_owned()]).ok();
/// assert_eq!(of("DAT_NT_EURUSD_M1_201502.csv").as_deref(), Some("EURUSD"));
/// assert_eq!(of("BINANCE_BTCUSDT, 60.csv").as_deref(), Some("BTCUSDT"));
/// assert_eq!(of("data.csv"), None);
/// ```
pub fn symbol_of(paths: &[String]) -> Result<String, LoadError> {
    let mut names = Vec::new();
    for path in paths {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let Some(symbol) = by_layout(name).or_else(|| by_parts(name)) else {
            return Err(LoadError::SymbolUnclear { names: vec![name.to_owned()] });
        };
        if !names.contains(&symbol) {
            names.push(symbol);
        }
    }
    match names.len() {
        0 => Err(SeriesFault::Nothing.into()),
        1 => Ok(names.remove(0)),
        _ => Err(LoadError::SymbolUnclear { names }),
    }
}

/// What a symbol in lower case ends with, or nobody could know that it is one.
const QUOTES: [&str; 16] = [
    "usdt", "usdc", "fdusd", "busd", "tusd", "usd", "eur", "gbp", "jpy", "krw", "aud", "cad",
    "chf", "try", "btc", "eth",
];

/// Words in capitals that name a venue or a kind of data when a symbol follows.
const NO_SYMBOLS: [&str; 31] = [
    "AMEX",
    "BATS",
    "BINANCE",
    "BINANCEUS",
    "BITFINEX",
    "BITHUMB",
    "BITMEX",
    "BITSTAMP",
    "BYBIT",
    "CME",
    "COINBASE",
    "DERIBIT",
    "FX",
    "FXCM",
    "GATE",
    "GATEIO",
    "GEMINI",
    "HISTDATA",
    "HUOBI",
    "KRAKEN",
    "KRX",
    "KUCOIN",
    "MEXC",
    "NASDAQ",
    "NYSE",
    "OANDA",
    "OHLC",
    "OHLCV",
    "OKX",
    "POLONIEX",
    "UPBIT",
];

/// Words that say what is in a file, not of which instrument.
const KINDS: [&str; 14] = [
    "adjusted", "bars", "candles", "data", "history", "kline", "klines", "minute", "ohlc", "ohlcv",
    "part", "prices", "quotes", "trades",
];

/// Minutes of a bar, as MetaTrader writes them at the end of a name.
const MINUTES: [&str; 9] = ["1", "5", "15", "30", "60", "240", "1440", "10080", "43200"];

/// A piece of the pattern of a file name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Anything,
    Symbol,
    Exchange,
    Minutes,
}

/// The patterns of all bundled formats, those with the most text first.
static LAYOUTS: LazyLock<Vec<Vec<Piece>>> = LazyLock::new(|| {
    let formats = Format::all_bundled();
    let mut all: Vec<Vec<Piece>> =
        formats.iter().flat_map(Format::file_names).map(|text| pieces(text)).collect();
    let literal = |pieces: &Vec<Piece>| {
        let len = |piece: &Piece| if let Piece::Text(text) = piece { text.len() } else { 0 };
        pieces.iter().map(len).sum::<usize>()
    };
    all.sort_by_key(|pieces| std::cmp::Reverse(literal(pieces)));
    all
});

fn pieces(pattern: &str) -> Vec<Piece> {
    const WORDS: [(&str, Piece); 4] = [
        ("{symbol}", Piece::Symbol),
        ("{exchange}", Piece::Exchange),
        ("{minutes}", Piece::Minutes),
        ("*", Piece::Anything),
    ];
    let mut found: Vec<Piece> = Vec::new();
    let mut rest = pattern;
    'next: while let Some(c) = rest.chars().next() {
        for (word, piece) in WORDS {
            if let Some(after) = rest.strip_prefix(word) {
                found.push(piece);
                rest = after;
                continue 'next;
            }
        }
        rest = &rest[c.len_utf8()..];
        match found.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => found.push(Piece::Text(c.to_string())),
        }
    }
    found
}

/// The symbol of a name that one of the bundled formats gives its files.
fn by_layout(name: &str) -> Option<String> {
    let stem = stem(name);
    LAYOUTS.iter().find_map(|pieces| {
        let symbol = fit(stem, pieces, None)?;
        let glued = pieces.contains(&Piece::Minutes)
            && !pieces.iter().any(|p| matches!(p, Piece::Text(t) if t.len() > 2));
        let capital = is_capital(symbol);
        // A short name of its own and a number are told from each other only when the name is
        // that of a pair.
        let sure = match (glued, pieces.contains(&Piece::Exchange)) {
            (true, _) => capital && symbol.len() >= 6 || is_pair(symbol),
            (_, true) => capital || is_pair(symbol),
            _ => !KINDS.contains(&symbol.to_ascii_lowercase().as_str()),
        };
        sure.then(|| symbol.to_ascii_uppercase())
    })
}

/// Whether a file is named as those of a format are.
pub(super) fn is_named_like(path: &str, format: &Format) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    format.file_names().iter().any(|pattern| fit(stem(name), &pieces(pattern), None).is_some())
}

/// What stands for the symbol where the whole of `text` is as the pieces say.
fn fit<'a>(text: &'a str, pieces: &[Piece], symbol: Option<&'a str>) -> Option<&'a str> {
    let Some((piece, rest)) = pieces.split_first() else {
        return symbol.filter(|_| text.is_empty());
    };
    let allowed: fn(char) -> bool = match piece {
        Piece::Text(literal) => return fit(text.strip_prefix(literal.as_str())?, rest, symbol),
        Piece::Minutes => {
            return MINUTES.iter().find_map(|m| fit(text.strip_prefix(m)?, rest, symbol));
        }
        Piece::Anything => |_| true,
        Piece::Exchange => |c| c.is_ascii_alphanumeric(),
        // Digits may be the minutes behind it; what stands between dots is an ending.
        Piece::Symbol => |c| c.is_ascii_alphanumeric() || "&^=-".contains(c),
    };
    let ends = text.char_indices().map(|(i, c)| (i + c.len_utf8(), c));
    let long = ends.take_while(|(_, c)| allowed(*c)).map(|(end, _)| end);
    let least = usize::from(*piece != Piece::Anything);
    let ends: Vec<usize> = [0].into_iter().chain(long).skip(least).collect();
    ends.into_iter().find_map(|end| {
        let (part, after) = text.split_at(end);
        let symbol = if *piece == Piece::Symbol { Some(part) } else { symbol };
        fit(after, rest, symbol)
    })
}

/// A name without what says how the file is packed and what is in it.
fn stem(name: &str) -> &str {
    const ENDINGS: [&str; 16] = [
        ".gz", ".zst", ".zip", ".csv", ".txt", ".tsv", ".tab", ".dat", ".asc", ".prn", ".json",
        ".jsonl", ".ndjson", ".parquet", ".tape", ".tar",
    ];
    let mut stem = name;
    while let Some(shorter) = ENDINGS.iter().find_map(|end| {
        let at =
            stem.len().checked_sub(end.len()).filter(|at| *at > 0 && stem.is_char_boundary(*at))?;
        stem[at..].eq_ignore_ascii_case(end).then_some(&stem[..at])
    }) {
        stem = shorter;
    }
    stem
}

fn is_capital(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && part.bytes().any(|b| b.is_ascii_uppercase())
}

/// `btcusdt`: in lower case, and ends with a currency.
fn is_pair(part: &str) -> bool {
    part.len() >= 6
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && QUOTES.iter().any(|quote| part.ends_with(quote))
}

/// The first part of a name that is a symbol: in capitals, else a pair in lower case, else
/// the six digits of an Asian exchange that are no year and month.
fn by_parts(name: &str) -> Option<String> {
    let parts: Vec<&str> = stem(name).split(['-', '_', '.', ' ', ',']).collect();
    let find = |fits: &dyn Fn(&str) -> bool| parts.iter().copied().find(|part| fits(part));
    let capital = |part: &str| part.len() >= 3 && is_capital(part);
    let code = |part: &str| {
        let month = part.get(4..).and_then(|m| m.parse::<u32>().ok()).unwrap_or(0);
        let dated = matches!(part.get(..2), Some("19" | "20")) && (1..=12).contains(&month);
        part.len() == 6 && part.bytes().all(|b| b.is_ascii_digit()) && !dated
    };
    find(&|part| capital(part) && !NO_SYMBOLS.contains(&part))
        .or_else(|| find(&is_pair))
        .or_else(|| find(&capital))
        .or_else(|| find(&code))
        .map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_symbols() {
        for (name, symbol) in [
            ("FILUSDT-1m-2023-08.csv.gz", "FILUSDT"),
            ("kraken-FILUSDT_1m.csv", "FILUSDT"),
            ("a/b/btcusdt-1m-a.csv", "BTCUSDT"),
            ("DAT_NT_EURUSD_M1_201502.csv", "EURUSD"),
            ("DAT_ASCII_XAUUSD_M1_2015.csv", "XAUUSD"),
            ("BINANCE_BTCUSDT, 60.csv", "BTCUSDT"),
            ("EURUSD60.csv", "EURUSD"),
            ("GER30.csv", "GER30"),
            ("OKX9.csv", "OKX9"),
            ("aapl.us.txt", "AAPL"),
            ("daily_IBM.csv", "IBM"),
            ("Bitstamp_BTCUSD_d.csv", "BTCUSD"),
            ("Binance_ETHUSDT_1h.csv", "ETHUSDT"),
            ("Bitcoin Historical Data - Investing.com.csv", "BITCOIN"),
            ("SPY_alpaca.txt", "SPY"),
            ("EURUSD_M1_every_10s.csv", "EURUSD"),
            ("A005930_creon.csv", "A005930"),
            ("005930_krx_cp949.csv", "005930"),
            ("BTCUSDT_1_2023-01-01_2023-01-31.csv.gz", "BTCUSDT"),
            ("BINANCE.csv", "BINANCE"),
            ("6EH4.XCME_1min_bars_20240101_20240131.csv.gz", "6EH4"),
        ] {
            assert_eq!(symbol_of(&[name.to_owned()]).ok().as_deref(), Some(symbol), "{name}");
        }
        for name in ["data.csv", "data_1.csv", "202308.csv", "part-1.csv", "daily_data.csv", "-"] {
            assert!(symbol_of(&[name.to_owned()]).is_err(), "{name}");
        }
    }

    #[test]
    fn names_of_two_instruments_are_unclear() {
        let names = ["BTCUSDT-1m.csv".to_owned(), "ETHUSDT-1m.csv".to_owned()];
        assert!(symbol_of(&names).unwrap_err().to_string().contains("BTCUSDT, ETHUSDT"));
        let names = ["BTCUSDT-1m.csv".to_owned(), "btcusdt-1m-b.csv".to_owned()];
        assert_eq!(symbol_of(&names).unwrap(), "BTCUSDT");
    }
}
