//! The grammar of a condition, by precedence, with kinds checked as it is read,
//! so that what is built always has an answer but for a division by zero.

use super::condition::{Arithmetic, Compare, Number, Text, Truth};
use super::token::{Token, Wrong, tokens};
use crate::research::space::axis::{Axis, AxisKind};
use crate::research::space::error::SpaceError;
use tickstep_config::hint;

/// Bounds what reading, answering and dropping a condition take of the stack.
const LONGEST: usize = 1000;
const DEEPEST: usize = 64;

/// A part of a condition, of one kind.
enum Operand {
    Truth(Truth),
    Number(Number),
    Text(Text),
}

impl Operand {
    fn kind(&self) -> AxisKind {
        match self {
            Self::Truth(_) => AxisKind::Truth,
            Self::Number(_) => AxisKind::Number,
            Self::Text(_) => AxisKind::Text,
        }
    }

    fn truth(self, column: usize) -> Result<Truth, Wrong> {
        let kind = self.kind();
        match self {
            Self::Truth(truth) => Ok(truth),
            _ => Err((column, format!("this is {}; it must be true or false", kind.words()))),
        }
    }

    fn number(self, column: usize) -> Result<Number, Wrong> {
        let kind = self.kind();
        match self {
            Self::Number(number) => Ok(number),
            _ => Err((column, format!("this is {}; it must be a number", kind.words()))),
        }
    }
}

/// How strongly what stands between two parts binds them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
}

impl Bond {
    fn of(token: &Token) -> Option<Self> {
        Some(match token {
            Token::Or => Self::Or,
            Token::And => Self::And,
            Token::Compare(_) => Self::Compare,
            Token::Arithmetic(Arithmetic::Add | Arithmetic::Subtract) => Self::Sum,
            Token::Arithmetic(_) => Self::Product,
            _ => return None,
        })
    }
}

struct Parser<'a> {
    axes: &'a [Axis],
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
}

pub(super) fn read(text: &str, axes: &[Axis]) -> Result<Truth, SpaceError> {
    let wrong =
        |(column, message)| SpaceError::Constraint { text: text.to_owned(), column, message };
    let end = text.chars().count() + 1;
    if end > LONGEST {
        let message = format!("it is longer than {LONGEST} characters; make several of it");
        return Err(wrong((LONGEST, message)));
    }
    let tokens = tokens(text).map_err(wrong)?;
    let mut parser = Parser { axes, tokens, next: 0, end, depth: 0 };
    let (column, part) = parser.part(None).map_err(wrong)?;
    if let Some((at, token)) = parser.peek() {
        let message = match token {
            Token::Close => "this ) has no (".to_owned(),
            _ => "a sign is missing before this, such as `<` or `and`".to_owned(),
        };
        return Err(wrong((at, message)));
    }
    part.truth(column).map_err(wrong)
}

impl Parser<'_> {
    fn peek(&self) -> Option<(usize, &Token)> {
        self.tokens.get(self.next).map(|(column, token)| (*column, token))
    }

    fn take(&mut self) -> Option<(usize, Token)> {
        let found = self.tokens.get(self.next).cloned();
        self.next += usize::from(found.is_some());
        found
    }

    /// What binds more than `than`, with the column where it begins.
    fn part(&mut self, than: Option<Bond>) -> Result<(usize, Operand), Wrong> {
        let (begin, mut left) = self.nested()?;
        while let Some((column, token)) = self.peek() {
            let Some(bond) = Bond::of(token).filter(|b| Some(*b) > than) else { break };
            let token = token.clone();
            self.next += 1;
            let (at, right) = self.part(Some(bond))?;
            left = join((begin, left), (column, &token), (at, right))?;
            if bond == Bond::Compare
                && let Some((column, Token::Compare(_))) = self.peek()
            {
                return Err((column, "write `a < b and b < c`, not `a < b < c`".to_owned()));
            }
        }
        Ok((begin, left))
    }

    fn nested(&mut self) -> Result<(usize, Operand), Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let column = self.peek().map_or(self.end, |(column, _)| column);
            return Err((
                column,
                format!("more than {DEEPEST} parts are nested; make several of it"),
            ));
        }
        let found = self.single();
        self.depth -= 1;
        found
    }

    fn single(&mut self) -> Result<(usize, Operand), Wrong> {
        let missing = "a name, a number or `(` is missing";
        let (column, token) = self.take().ok_or_else(|| (self.end, missing.to_owned()))?;
        let part = match token {
            Token::Number(n) => Operand::Number(Number::Literal(n)),
            Token::Quoted(text) => Operand::Text(Text::Literal(text)),
            Token::True => Operand::Truth(Truth::Literal(true)),
            Token::False => Operand::Truth(Truth::Literal(false)),
            Token::Name(name) => self.named(&name).map_err(|message| (column, message))?,
            Token::Not => {
                let (at, of) = self.part(Some(Bond::Not))?;
                Operand::Truth(Truth::Not(Box::new(of.truth(at)?)))
            }
            Token::Arithmetic(Arithmetic::Subtract) => {
                let (at, of) = self.part(Some(Bond::Sign))?;
                Operand::Number(Number::Minus(Box::new(of.number(at)?)))
            }
            Token::Open => {
                let (_, inside) = self.part(None)?;
                match self.take() {
                    Some((_, Token::Close)) => inside,
                    Some((at, _)) => {
                        return Err((at, "`)` or a sign is missing before this".to_owned()));
                    }
                    None => return Err((column, "this ( is not closed".to_owned())),
                }
            }
            _ => return Err((column, format!("{missing} before this"))),
        };
        Ok((column, part))
    }

    /// The axis of this key, or the only one whose key ends so.
    fn named(&self, name: &str) -> Result<Operand, String> {
        let ends = |key: &str| key.strip_suffix(name).is_some_and(|start| start.ends_with('.'));
        let whole = self.axes.iter().position(|a| a.key() == name);
        let axis = match whole {
            Some(axis) => axis,
            None => {
                let found: Vec<usize> =
                    (0..self.axes.len()).filter(|i| ends(self.axes[*i].key())).collect();
                match found.as_slice() {
                    [one] => *one,
                    [] => return Err(self.unknown(name)),
                    several => {
                        let keys: Vec<&str> = several.iter().map(|i| self.axes[*i].key()).collect();
                        return Err(format!(
                            "`{name}` is ambiguous; it may be {}; write the whole key",
                            keys.join(", ")
                        ));
                    }
                }
            }
        };
        Ok(match self.axes[axis].kind() {
            AxisKind::Truth => Operand::Truth(Truth::Axis(axis)),
            AxisKind::Number => Operand::Number(Number::Axis(axis)),
            AxisKind::Text => Operand::Text(Text::Axis(axis)),
        })
    }

    fn unknown(&self, name: &str) -> String {
        let keys = self.axes.iter().map(Axis::key);
        let lasts = keys.clone().filter_map(|k| k.rsplit('.').next());
        let near = hint(name, keys.chain(lasts));
        let listed = self
            .axes
            .iter()
            .flat_map(Axis::listed_values)
            .any(|v| matches!(v, crate::research::space::Value::Text(t) if t == name));
        let quote = if listed { format!("; a text is quoted: \"{name}\"") } else { near };
        format!("no axis is `{name}`{quote}")
    }
}

fn join(
    (begin, left): (usize, Operand),
    (column, token): (usize, &Token),
    (at, right): (usize, Operand),
) -> Result<Operand, Wrong> {
    Ok(match token {
        Token::And => Operand::Truth(Truth::And(Box::new([left.truth(begin)?, right.truth(at)?]))),
        Token::Or => Operand::Truth(Truth::Or(Box::new([left.truth(begin)?, right.truth(at)?]))),
        Token::Arithmetic(by) => {
            let sides = Box::new([left.number(begin)?, right.number(at)?]);
            Operand::Number(Number::Arithmetic { by: *by, column, sides })
        }
        Token::Compare(by) => Operand::Truth(compare(left, (column, *by), right)?),
        _ => return Err((column, "this joins nothing".to_owned())),
    })
}

fn compare(left: Operand, (column, by): (usize, Compare), right: Operand) -> Result<Truth, Wrong> {
    let kinds = (left.kind().words(), right.kind().words());
    let equal = match by {
        Compare::Equal => Some(true),
        Compare::Unequal => Some(false),
        _ => None,
    };
    match (left, right, equal) {
        (Operand::Number(a), Operand::Number(b), _) => {
            Ok(Truth::Compare { by, sides: Box::new([a, b]) })
        }
        (Operand::Truth(a), Operand::Truth(b), Some(equal)) => {
            Ok(Truth::Same { equal, sides: Box::new([a, b]) })
        }
        (Operand::Text(a), Operand::Text(b), Some(equal)) => {
            Ok(Truth::SameText { equal, sides: [a, b] })
        }
        (a, b, _) if a.kind() == b.kind() => {
            Err((column, format!("{} is compared by == and != only", kinds.0)))
        }
        _ => Err((column, format!("{} is compared with {}", kinds.0, kinds.1))),
    }
}
