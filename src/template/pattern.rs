//! What a format language compiles to: literals and columns with a known reach.

use crate::error::FormatError;
use crate::schema::{Column, Product, Schema, TimeMeaning};

/// A format: literals and columns in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) product: Product,
    pub(crate) time_meaning: TimeMeaning,
    /// Never two literals in a row; no empty literal.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) columns: Vec<Column>,
    /// How far each column reaches; as long as `columns`.
    pub(crate) shapes: Vec<Shape>,
    /// A line may stop after the literal before this column (products that appended fields over the years).
    pub(crate) required: usize,
    /// Whatever follows the last column is kept and ignored: the product appends fields.
    pub(crate) open_tail: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(Box<[u8]>),
    Column(usize),
}

/// How far a value reaches. The next literal alone never decides where a value can hold that literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No space and no `"` inside; ends at the next literal.
    Token,
    /// Anything, as far as the column's escape lets it: inside quotes it ends at the closing quote (by the
    /// escape's rule), elsewhere at the first place where the whole next literal stands.
    Text,
    /// nginx's unquoted lists of attempts: tokens joined by `, ` and ` : `.
    List,
    /// HAProxy's captured cookie: anything; ends where the termination state follows.
    Cookie,
    /// HAProxy's `{a|b}` blocks: there or not, with the space before them.
    Captures,
    /// So many bytes.
    Width(u8),
    /// The rest of the line.
    Rest,
}

impl Pattern {
    pub(crate) fn new(product: Product, time_meaning: TimeMeaning) -> Self {
        Self {
            product,
            time_meaning,
            pieces: Vec::new(),
            columns: Vec::new(),
            shapes: Vec::new(),
            required: 0,
            open_tail: false,
        }
    }

    /// Appends literal text; joins it to a literal before it.
    pub(crate) fn literal(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            *last = [last, bytes].concat().into();
        } else {
            self.pieces.push(Piece::Literal(bytes.into()));
        }
    }

    /// Appends a column. All columns are required until the caller says otherwise.
    pub(crate) fn column(&mut self, column: Column, shape: Shape) {
        self.pieces.push(Piece::Column(self.columns.len()));
        self.columns.push(column);
        self.shapes.push(shape);
        self.required = self.columns.len();
    }

    /// For tests: literals quoted, columns in angle brackets.
    #[cfg(test)]
    pub(crate) fn print(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(bytes) => format!("'{}'", String::from_utf8_lossy(bytes)),
            Piece::Column(i) => format!("<{}>", self.columns[*i].name),
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    /// For tests: all that is known of one column, by name.
    #[cfg(test)]
    pub(crate) fn describe(&self, name: &str) -> String {
        let Some(i) = self.columns.iter().position(|c| &*c.name == name) else { return "none".into() };
        let Column { field, kind, escape, .. } = &self.columns[i];
        format!("{} {kind:?} {escape:?} {:?}", field.name(), self.shapes[i])
    }

    /// Refuses what no engine can split.
    pub(crate) fn check(self, text: &str) -> Result<Self, FormatError> {
        if self.columns.is_empty() {
            return Err(FormatError::new(0..text.len(), "the format has no variables"));
        }
        if self.columns.len() > Schema::MAX_COLUMNS {
            return Err(FormatError::new(0..text.len(), "more than 250 variables"));
        }
        Ok(self)
    }
}
