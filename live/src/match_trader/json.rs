//! Bodies of requests, written field by field.

use core::fmt::Write as _;

use rust_decimal::Decimal;

/// An object of JSON in the making. Numbers are written by their own digits, not by those
/// of a float.
pub(crate) struct Object(String);

impl Object {
    pub fn new() -> Self {
        // Room enough that a password in it is not left behind by growing.
        let mut text = String::with_capacity(1024);
        text.push('{');
        Self(text)
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.quoted(name);
        self.0.push(':');
    }

    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                // Writing to a text cannot fail.
                '\0'..'\x20' => {
                    let _written = write!(self.0, "\\u{:04x}", u32::from(c));
                }
                c => self.0.push(c),
            }
        }
        self.0.push('"');
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        self.quoted(value);
        self
    }

    pub fn number(mut self, name: &str, value: Decimal) -> Self {
        self.name(name);
        let _written = write!(self.0, "{}", value.normalize());
        self
    }

    /// A number, or null.
    pub fn level(mut self, name: &str, value: Option<Decimal>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => {
                self.name(name);
                self.0.push_str("null");
                self
            }
        }
    }

    pub fn flag(mut self, name: &str, value: bool) -> Self {
        self.name(name);
        self.0.push_str(if value { "true" } else { "false" });
        self
    }

    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_reads_as_what_was_put_in(name in ".*", value in ".*", flag in any::<bool>()) {
            let written = Object::new().text(&name, &value).flag("flag ", flag).end();
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read[&name], &value);
            prop_assert_eq!(&read["flag "], flag);
        }

        #[test]
        fn a_number_keeps_every_digit(mantissa in any::<i64>(), scale in 0_u32..=28) {
            let d = Decimal::new(mantissa, scale);
            let written = Object::new().number("n", d).end();
            let digits = written.trim_start_matches("{\"n\":").trim_end_matches('}');
            prop_assert_eq!(digits.parse::<Decimal>().unwrap(), d);
            // It is a number of JSON, and needs no exponent.
            prop_assert!(serde_json::from_str::<serde_json::Number>(digits).is_ok());
            prop_assert!(!digits.contains(['e', 'E']));
        }
    }
}
