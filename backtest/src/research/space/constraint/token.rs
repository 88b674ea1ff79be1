//! The words and signs of a condition, each with its column, so that every later
//! message can point at one.

use rust_decimal::Decimal;

use super::condition::{Arithmetic, Compare};

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(Decimal),
    Quoted(String),
    Name(String),
    And,
    Or,
    Not,
    True,
    False,
    Compare(Compare),
    Arithmetic(Arithmetic),
    Open,
    Close,
}

/// What is wrong, and where.
pub(super) type Wrong = (usize, String);

/// Words and signs with their columns, 1-based and in characters.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Wrong> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let (length, token) = token(&chars[at..]).map_err(|message| (at + 1, message))?;
        found.push((at + 1, token));
        at += length;
    }
    Ok(found)
}

fn token(from: &[char]) -> Result<(usize, Token), String> {
    match from {
        ['"' | '\'' | '`', ..] => quoted(from),
        [c, ..] if c.is_ascii_digit() || *c == '.' => number(from),
        [c, ..] if c.is_alphabetic() || *c == '_' => Ok(word(from)),
        [c, ..] => {
            sign(from).ok_or_else(|| format!("{c:?} means nothing here{}", remedy(*c, from)))
        }
        [] => Err("it ends too early".to_owned()),
    }
}

fn remedy(c: char, from: &[char]) -> &'static str {
    match (c, from.get(1)) {
        ('&', _) => "; write `and`",
        ('|', _) => "; write `or`",
        ('!', _) => "; write `not`, or `!=`",
        ('=', _) => "; write `==`",
        _ => "",
    }
}

fn sign(from: &[char]) -> Option<(usize, Token)> {
    Some(match from {
        ['<', '=', ..] => (2, Token::Compare(Compare::LessOrEqual)),
        ['>', '=', ..] => (2, Token::Compare(Compare::MoreOrEqual)),
        ['=', '=', ..] => (2, Token::Compare(Compare::Equal)),
        ['!', '=', ..] => (2, Token::Compare(Compare::Unequal)),
        ['<', ..] => (1, Token::Compare(Compare::Less)),
        ['>', ..] => (1, Token::Compare(Compare::More)),
        ['+', ..] => (1, Token::Arithmetic(Arithmetic::Add)),
        ['-', ..] => (1, Token::Arithmetic(Arithmetic::Subtract)),
        ['*', ..] => (1, Token::Arithmetic(Arithmetic::Multiply)),
        ['/', ..] => (1, Token::Arithmetic(Arithmetic::Divide)),
        ['(', ..] => (1, Token::Open),
        [')', ..] => (1, Token::Close),
        _ => return None,
    })
}

fn quoted(from: &[char]) -> Result<(usize, Token), String> {
    let quote = from[0];
    let end = from.iter().skip(1).position(|c| *c == quote);
    let end = end.ok_or_else(|| format!("the {quote} is not closed"))? + 1;
    let inside: String = from[1..end].iter().collect();
    Ok((end + 1, if quote == '`' { Token::Name(inside) } else { Token::Quoted(inside) }))
}

fn number(from: &[char]) -> Result<(usize, Token), String> {
    let length = from
        .iter()
        .position(|c| !(c.is_alphanumeric() || *c == '.' || *c == '_'))
        .unwrap_or(from.len());
    let text: String = from[..length].iter().collect();
    let number = Decimal::from_str_exact(&text)
        .map_err(|_| format!("{text} is no number; write digits and a point, such as 0.25"))?;
    Ok((length, Token::Number(number)))
}

fn word(from: &[char]) -> (usize, Token) {
    let length = from
        .iter()
        .position(|c| !(c.is_alphanumeric() || "._#".contains(*c)))
        .unwrap_or(from.len());
    let text: String = from[..length].iter().collect();
    let token = match text.as_str() {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "true" => Token::True,
        "false" => Token::False,
        _ => Token::Name(text),
    };
    (length, token)
}
