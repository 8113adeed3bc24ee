//! Which inputs there are, and which layer wrote each.

use crate::format::Format;
use crate::schema::Product;

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Input {
    pub(super) path: String,
    pub(super) product: Product,
    pub(super) format: String,
    /// Failures: 5xx, and others worth a look.
    pub(super) failures: u64,
    pub(super) others: u64,
}

/// What makes two inputs one layer: they are written by the same product in the same format; where every file is a
/// layer of its own, its path too.
pub(super) type Key = (Product, String, String);

impl Input {
    pub(super) fn key(&self, by_file: bool) -> Key {
        let path = if by_file { self.path.clone() } else { String::new() };
        (self.product, self.format.clone(), path)
    }
}

/// The inputs so far; a request names its own by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs {
    pub(super) list: Vec<Input>,
    /// The one whose lines follow.
    pub(super) current: u32,
}

impl Inputs {
    pub(super) fn begin(&mut self, path: &str, format: &dyn Format) {
        let product = format.schema().product();
        self.current = self.place(path, product, format.name());
    }

    fn place(&mut self, path: &str, product: Product, format: &str) -> u32 {
        let same = |i: &Input| i.path == path && i.product == product && i.format == format;
        let found = self.list.iter().position(same);
        found.unwrap_or_else(|| {
            let (path, format) = (path.to_owned(), format.to_owned());
            self.list.push(Input { path, product, format, failures: 0, others: 0 });
            self.list.len() - 1
        }) as u32
    }

    /// Counts a failure of the current input.
    pub(super) fn count(&mut self, is_5xx: bool) {
        if let Some(input) = self.list.get_mut(self.current as usize) {
            *(if is_5xx { &mut input.failures } else { &mut input.others }) += 1;
        }
    }

    /// Adds those of another part; the numbers that its inputs have from now on.
    pub(super) fn merge(&mut self, other: Self) -> Vec<u32> {
        let current = self.current;
        let numbers = other.list.into_iter().map(|theirs| {
            let number = self.place(&theirs.path, theirs.product, &theirs.format);
            if let Some(mine) = self.list.get_mut(number as usize) {
                mine.failures += theirs.failures;
                mine.others += theirs.others;
            }
            number
        });
        let numbers = numbers.collect();
        self.current = current;
        numbers
    }
}
