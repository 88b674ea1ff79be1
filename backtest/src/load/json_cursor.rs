//! A JSON text, read where it lies: as much of the grammar as finding bars takes.

/// A place in a JSON text.
pub(super) struct JsonCursor<'a> {
    pub text: &'a [u8],
    pub at: usize,
}

impl<'a> JsonCursor<'a> {
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Whether `byte` comes next; it is then passed.
    pub fn is_next(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    /// Passes `byte`, or says what is wrong there.
    pub fn take(&mut self, byte: u8, reason: &'static str) -> Result<(), &'static str> {
        if self.is_next(byte) { Ok(()) } else { Err(reason) }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    /// Whether nothing but space is left.
    pub fn is_over(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The bytes of a text up to its closing quote; the opening one is passed.
    fn string(&mut self) -> Result<&'a [u8], &'static str> {
        let start = self.at;
        loop {
            match self.text.get(self.at).ok_or("a text has no end")? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(self.text.get(start..self.at - 1).unwrap_or_default())
    }

    /// A number, a string without its quotes, or nothing for null.
    fn value(&mut self) -> Result<&'a [u8], &'static str> {
        if self.is_next(b'"') {
            return self.string();
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_end = |b: &u8| b",]}[{\"".contains(b) || b.is_ascii_whitespace();
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        if end == 0 {
            return Err("a value is neither a number nor a text");
        }
        self.at += end;
        Ok(if &rest[..end] == b"null" { b"" } else { &rest[..end] })
    }

    /// The values of a list, whose bracket is passed.
    pub fn values(&mut self, row: &mut Vec<&'a [u8]>) -> Result<(), &'static str> {
        if self.is_next(b']') {
            return Ok(());
        }
        loop {
            let value = self.value()?;
            if value.contains(&b'\\') {
                return Err("a text has an escape in it, so it is no number");
            }
            row.push(value);
            if self.is_next(b']') {
                return Ok(());
            }
            self.take(b',', "there is neither , nor ] after a value")?;
        }
    }

    /// The members of an object, whose brace is passed; lists and objects are empty values.
    pub fn object(&mut self, each: &mut dyn FnMut(&'a [u8], &'a [u8])) -> Result<(), &'static str> {
        if self.is_next(b'}') {
            return Ok(());
        }
        loop {
            self.take(b'"', "a key is not a text")?;
            let key = self.string()?;
            self.take(b':', "there is no : after a key")?;
            if matches!(self.peek(), Some(b'[' | b'{')) {
                self.skip()?;
                each(key, b"");
            } else {
                let value = self.value()?;
                each(key, value);
            }
            if self.is_next(b'}') {
                return Ok(());
            }
            self.take(b',', "there is neither , nor } after a value")?;
        }
    }

    /// Passes a list or an object, however deep.
    fn skip(&mut self) -> Result<(), &'static str> {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or("a list or an object has no end")? {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b'"' => {
                    self.at += 1;
                    self.string()?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Checks that a list ends where it should: with the text, where it is all of it.
    pub fn finish(&mut self, end: Option<usize>) -> Result<(), &'static str> {
        match end {
            Some(end) if self.at == end => Ok(()),
            None if self.is_over() => Ok(()),
            _ => Err("something follows the list"),
        }
    }
}

/// Where the bars of a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where their list begins, or the first of them where there is no list.
    pub at: usize,
    pub is_list: bool,
    /// Where their list ends, where it stands inside an object.
    pub end: Option<usize>,
}

/// Where a text is at fault, and why.
pub(super) type Misplaced = (usize, &'static str);

/// Finds the bars: the text is their list, lines of one object each, or an object with one
/// list of lists or of objects somewhere inside.
pub(super) fn find_bars(text: &[u8]) -> Result<Found, Misplaced> {
    const NO_LIST: &str = "it does not begin with a list, and there is no list of bars inside";
    let mut reader = JsonCursor { text, at: 0 };
    match reader.peek() {
        Some(b'[') => {
            return Ok(Found { at: reader.at, is_list: true, end: None });
        }
        Some(b'{') => {}
        _ => return Err((reader.at, "it does not begin with a list")),
    }
    let start = reader.at;
    reader.skip().map_err(|reason| (reader.at, reason))?;
    if reader.peek() == Some(b'{') {
        return Ok(Found { at: start, is_list: false, end: None });
    }
    if !reader.is_over() {
        return Err((reader.at, "something follows the object"));
    }
    let mut lists = Vec::new();
    let mut inside = JsonCursor { text, at: start + 1 };
    lists_inside(&mut inside, 0, &mut lists).map_err(|reason| (inside.at, reason))?;
    match lists.as_slice() {
        [(at, end)] => Ok(Found { at: *at, is_list: true, end: Some(*end) }),
        [] => {
            let (mut bar, mut members) = (JsonCursor { text, at: start + 1 }, 0);
            bar.object(&mut |_, _| members += 1).map_err(|reason| (bar.at, reason))?;
            // A line of one bar: a time, four prices and a volume.
            let found = Found { at: start, is_list: false, end: None };
            if members >= 5 { Ok(found) } else { Err((start, NO_LIST)) }
        }
        [_, (at, _), ..] => Err((*at, "there is more than one list in it")),
    }
}

/// Lists of lists or of objects among the members of an object, whose brace is passed.
fn lists_inside(
    reader: &mut JsonCursor<'_>,
    depth: usize,
    lists: &mut Vec<(usize, usize)>,
) -> Result<(), &'static str> {
    const DEEPEST: usize = 8;
    if reader.is_next(b'}') {
        return Ok(());
    }
    loop {
        reader.take(b'"', "a key is not a text")?;
        reader.string()?;
        reader.take(b':', "there is no : after a key")?;
        let at = match reader.peek() {
            Some(_) => reader.at,
            None => return Err("an object has no end"),
        };
        if reader.is_next(b'[') {
            let of_bars = matches!(reader.peek(), Some(b'[' | b'{'));
            reader.at = at;
            reader.skip()?;
            if of_bars {
                lists.push((at, reader.at));
            }
        } else if reader.peek() == Some(b'{') && depth < DEEPEST {
            reader.at += 1;
            lists_inside(reader, depth + 1, lists)?;
        } else if reader.peek() == Some(b'{') {
            reader.skip()?;
        } else {
            reader.value()?;
        }
        if reader.is_next(b'}') {
            return Ok(());
        }
        reader.take(b',', "there is neither , nor } after a value")?;
    }
}
