//! A JSON writer: objects, arrays, values, in the order they are given.
//!
//! Containers up to [`OPEN_DEPTH`] deep are written one entry a line, so that the file can be read and diffed;
//! what lies deeper stays on one line.

use std::fmt::{Display, Write};

use crate::escape::is_hostile;

/// Depth up to which entries stand on lines of their own.
const OPEN_DEPTH: usize = 2;

/// Writes one JSON value into a string. Commas and line breaks are its own business; that keys and values alternate
/// in objects is the caller's.
pub(super) struct Json {
    out: String,
    depth: usize,
    /// Nothing has been written yet in the container that is open.
    empty: bool,
    /// A key has been written and waits for its value.
    keyed: bool,
}

impl Json {
    pub(super) fn new() -> Self {
        Self { out: String::new(), depth: 0, empty: true, keyed: false }
    }

    /// The text, with a line break at its end.
    pub(super) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    pub(super) fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.container('{', '}', fill);
    }

    pub(super) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.container('[', ']', |json| items.into_iter().for_each(|item| each(json, item)));
    }

    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.out.push_str(": ");
        self.keyed = true;
        self
    }

    pub(super) fn string(&mut self, text: &str) {
        self.separate();
        self.out.push('"');
        for c in text.chars() {
            self.character(c);
        }
        self.out.push('"');
    }

    /// A list of strings.
    pub(super) fn strings<S: AsRef<str>>(&mut self, items: &[S]) {
        self.array(items, |json, item| json.string(item.as_ref()));
    }

    /// An integer or a boolean.
    pub(super) fn plain(&mut self, value: impl Display) {
        self.separate();
        let _ = write!(self.out, "{value}");
    }

    /// A number with at most `digits` digits after the point; `null` where it is not finite.
    pub(super) fn float(&mut self, value: f64, digits: usize) {
        if !value.is_finite() {
            return self.null();
        }
        let text = format!("{value:.digits$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        self.plain(if text == "-0" { "0" } else { text });
    }

    pub(super) fn null(&mut self) {
        self.plain("null");
    }

    /// The value, or `null`.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    fn container(&mut self, open: char, close: char, fill: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push(open);
        self.depth += 1;
        self.empty = true;
        fill(self);
        self.depth -= 1;
        if !self.empty && self.depth < OPEN_DEPTH {
            self.new_line();
        }
        self.out.push(close);
        self.empty = false;
    }

    /// What stands between two entries.
    fn separate(&mut self) {
        let first = std::mem::replace(&mut self.empty, false);
        if std::mem::take(&mut self.keyed) || self.depth == 0 {
            return;
        }
        if !first {
            self.out.push(',');
        }
        if self.depth <= OPEN_DEPTH {
            self.new_line();
        } else if !first {
            self.out.push(' ');
        }
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    /// What [`Sanitized`](crate::Sanitized) writes out, a terminal, a browser or a JavaScript parser could act on.
    fn character(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            c if c == '<' || is_hostile(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
            c => self.out.push(c),
        }
    }
}
