//! Logins from CSV. What is wrong is told by line and column, never by what stands there: a
//! column too many makes a name of a password.

use secrecy::SecretString;

use crate::vault::{Credential, name_fault};

/// Columns, by their place in [`Columns`].
const COLUMNS: [&str; 5] = ["name", "email", "password", "broker", "account"];
const BROKER: usize = 3;

/// What is wrong with an import.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The first line does not name the columns.
    #[error(
        "line 1{}: {why}; the first line has to be name,email,password,broker,account, in any order",
        column.map_or_else(String::new, |c| format!(", column {c}"))
    )]
    Columns {
        /// Which of them, counted from 1.
        column: Option<usize>,
        /// What is wrong.
        why: &'static str,
    },
    /// A line has another number of fields than there are columns.
    #[error(
        "line {line}: {found} fields for {wanted} columns; a field with a comma in it stands in \"\""
    )]
    Fields {
        /// The line.
        line: u64,
        /// Its fields.
        found: u64,
        /// The columns.
        wanted: u64,
    },
    /// A line is no text.
    #[error("line {line}: it is no UTF-8")]
    Text {
        /// The line.
        line: u64,
    },
    /// A field is wrong.
    #[error("line {line}, column {column}: {why}")]
    Field {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        why: String,
    },
    /// There is no account in it.
    #[error("there is no account in it, only the line that names the columns")]
    Empty,
}

/// An account of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The line that it begins on, counted from 1.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Its login.
    pub credential: Credential,
}

/// Where each column stands.
type Columns = [Option<usize>; COLUMNS.len()];

fn columns(header: &csv::StringRecord) -> Result<Columns, ImportError> {
    let mut found = Columns::default();
    for (at, title) in header.iter().enumerate() {
        let wrong = |why| ImportError::Columns { column: Some(at + 1), why };
        let title = title.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
        let column = COLUMNS.iter().position(|c| *c == title);
        let column = column.ok_or_else(|| wrong("this is no column's name"))?;
        if found[column].replace(at).is_some() {
            return Err(wrong("this column is there twice"));
        }
    }
    let lacks = [
        "column name is missing",
        "column email is missing",
        "column password is missing",
        "",
        "column account is missing",
    ];
    match (0..COLUMNS.len()).find(|c| *c != BROKER && found[*c].is_none()) {
        Some(at) => Err(ImportError::Columns { column: None, why: lacks[at] }),
        None => Ok(found),
    }
}

/// The line that a record begins on, from 1. The reader's own count is one too low where
/// lines end in CR and LF.
fn line(bytes: &[u8], at: Option<&csv::Position>) -> u64 {
    let at = at.map_or(0, csv::Position::byte);
    let at = usize::try_from(at).unwrap_or_default().min(bytes.len());
    let blank = bytes[at..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    1 + bytes[..at + blank].iter().filter(|b| **b == b'\n').count() as u64
}

fn failed(bytes: &[u8], error: &csv::Error) -> ImportError {
    let line = line(bytes, error.position());
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            ImportError::Fields { line, found: *len, wanted: *expected_len }
        }
        // Bytes in memory are read without a fault of the machine.
        _ => ImportError::Text { line },
    }
}

/// Reads accounts and their logins.
///
/// The library that reads CSV keeps copies of its own while it does, and does not wipe them.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let columns = columns(reader.headers().map_err(|error| failed(bytes, &error))?)?;
    let mut found: Vec<Imported> = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| failed(bytes, &error))?;
        let line = line(bytes, record.position());
        let field = |column: usize| columns[column].and_then(|at| record.get(at)).unwrap_or("");
        let wrong = |column, why: &str| ImportError::Field { line, column, why: why.to_owned() };
        let name = field(0);
        if let Some(why) = name_fault(name) {
            return Err(wrong("name", why));
        }
        if found.iter().any(|row| row.name == name) {
            return Err(wrong("name", "an account above has this name"));
        }
        let credential = Credential {
            email: field(1).to_owned(),
            password: SecretString::from(field(2)),
            broker: Some(field(BROKER)).filter(|b| !b.is_empty()).map(str::to_owned),
            account: field(4).to_owned(),
        };
        if let Some((column, why)) = credential.fault() {
            return Err(wrong(column, &format!("it {why}")));
        }
        found.push(Imported { line, name: name.to_owned(), credential });
    }
    if found.is_empty() { Err(ImportError::Empty) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(text: &str) -> Result<Vec<Imported>, String> {
        read_csv(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_stand_in_any_order() {
        let all = "name,email,password,broker,account\none,a@b.c,\"x,\"\"y\",2,950552\n";
        let fewer = "\u{feff}Account, password ,name,email\r\n950552,\"x,\"\"y\",one,a@b.c\r\n";
        for (text, broker) in [(all, Some("2")), (fewer, None)] {
            let found = read(text).unwrap();
            let [Imported { line: 2, name, credential: login }] = &found[..] else {
                panic!("{}", found.len())
            };
            assert_eq!((&**name, &*login.email, &*login.account), ("one", "a@b.c", "950552"));
            assert_eq!(login.password.expose_secret(), "x,\"y");
            assert_eq!(login.broker.as_deref(), broker);
        }
        let no_email = read("name,email,password,account\na,,token,1\nb,,token,2\n").unwrap();
        assert_eq!(no_email.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place_alone() {
        let good = "name,email,password,account\none,a@b.c,hunter2,1\n";
        let with = |line: &str| format!("{good}{line}\n");
        for (text, words) in [
            (String::new(), "line 1: column name is missing"),
            ("name,email,account\n".to_owned(), "line 1: column password is missing"),
            ("one,a@b.c,hunter2,1\n".to_owned(), "line 1, column 1: this is no column's name"),
            ("name,name,password\n".to_owned(), "line 1, column 2: this column is there twice"),
            ("name,email,password,account\n".to_owned(), "there is no account in it"),
            (with("two,a@b.c,hunter2"), "line 3: 3 fields for 4 columns"),
            (with("hunter2,a@b.c,,1"), "line 3, column password: it is empty"),
            (with("two,a@b.c,hunter2,"), "line 3, column account: it is empty"),
            (with(",a@b.c,hunter2,1"), "line 3, column name: it is empty"),
            (with("one,a@b.c,hunter2,1"), "line 3, column name: an account above has this name"),
            (with("\"a\nb\",a,hunter2,1"), "line 3, column name: it has a control character"),
            (with("two,\"a\nb\",hunter2,1"), "line 3, column email: it has a control character"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("a@b.c"), "{error}");
        }
        let ends = read(&with("two,b,c,\r\n").replace('\n', "\r\n")).unwrap_err();
        assert!(ends.starts_with("line 3, column account"), "{ends}");
        let error = read_csv(b"name,email,password,account\na,b,hunter2\xff,1\n");
        assert_eq!(error.unwrap_err().to_string(), "line 2: it is no UTF-8");
    }

    proptest! {
        #[test]
        fn no_input_is_too_odd_and_no_password_is_told(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            header in proptest::bool::ANY,
        ) {
            let mut input = Vec::new();
            if header {
                input.extend_from_slice(b"name,email,password,broker,account\n");
            }
            input.extend_from_slice(&bytes);
            let _read = read_csv(&input);
        }

        #[test]
        fn a_password_stands_in_no_error(
            fields in proptest::collection::vec("[a-z,\"\n]{0,6}", 0..6),
            at in 0_usize..6,
        ) {
            let mut fields = fields;
            fields.insert(at.min(fields.len()), "hunter2secret".to_owned());
            let text = format!("name,email,password,account\n{}\n", fields.join(","));
            for text in [text.clone(), text.replacen('n', "hunter2secret", 1)] {
                if let Err(error) = read_csv(text.as_bytes()) {
                    prop_assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
                }
            }
        }
    }
}
