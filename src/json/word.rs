//! The texts of a shape's keys, as the processor compares them: 32 bytes at once, the bytes that do not count masked
//! out, and no branch between one text and the next.

// Inlined into the function that is compiled once per instruction set.
#![allow(clippy::inline_always)]

/// Bytes compared at once.
const WORD: usize = 32;
/// With the bytes before them, of which one matters: as many as spare a check.
const WINDOW: usize = 2 * WORD;

/// A word as numbers.
pub(super) type Bits = [u64; WORD / 8];

/// A text that ends `back` bytes before the end of a key, or the last part of a longer one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    bits: Bits,
    /// The bits that count: a short text fills only the end of a word.
    mask: Bits,
    /// Whose text it is.
    pub(super) key: u16,
    pub(super) back: u16,
    length: u8,
    /// In the window: the byte before the text. Where another part is before it, a byte of the text itself that
    /// belongs to no run.
    before: u8,
}

/// The words of the text of a key. Only the first part of it has a byte before it that matters.
pub(super) fn words(key: u16, text: &[u8]) -> impl Iterator<Item = Word> {
    let parts = text.rchunks(WORD).count();
    text.rchunks(WORD).enumerate().filter_map(move |(i, part)| {
        let back = u16::try_from(i * WORD).ok()?;
        Some(Word::new(key, back, part, i + 1 == parts))
    })
}

impl Word {
    fn new(key: u16, back: u16, part: &[u8], first: bool) -> Self {
        let (mut last, mut mask) = ([0; WORD], [0; WORD]);
        last[WORD - part.len()..].copy_from_slice(part);
        mask[WORD - part.len()..].fill(0xFF);
        let free = WORD - part.len();
        // The last byte is the colon, or one of the key.
        let before = if first { WORD + free - 1 } else { WINDOW - 1 };
        Self {
            bits: bits(&last),
            mask: bits(&mask),
            key,
            back,
            length: part.len() as u8,
            before: before as u8,
        }
    }

    /// The byte before the text.
    #[inline(always)]
    pub(super) fn before(&self, window: &[u8; WINDOW]) -> u8 {
        window[usize::from(self.before) % WINDOW]
    }

    /// Adds to `wrong` what is not the text.
    #[inline(always)]
    pub(super) fn differ(&self, window: &[u8; WINDOW], wrong: &mut Bits) {
        let Some(word) = window.last_chunk() else { return };
        let bits = bits(word);
        for i in 0..wrong.len() {
            wrong[i] |= (bits[i] ^ self.bits[i]) & self.mask[i];
        }
    }

    /// The same where no window can be taken, near the begin of a block: the byte before the text, if the text is
    /// there.
    #[cold]
    pub(super) fn stands_before(&self, block: &[u8], end: usize) -> Option<u8> {
        let length = usize::from(self.length);
        let text = block.get(end.checked_sub(length)?..end)?;
        let mut word = [0; WORD];
        word[WORD - length..].copy_from_slice(text);
        (bits(&word) == self.bits).then_some(())?;
        let from = (end - length).checked_sub(1)?;
        block.get(if usize::from(self.before) == WINDOW - 1 { end - 1 } else { from }).copied()
    }
}

/// The bytes before `end`.
#[inline(always)]
pub(super) fn window(block: &[u8], end: usize) -> Option<&[u8; WINDOW]> {
    block.get(end.wrapping_sub(WINDOW)..).and_then(|rest| rest.first_chunk())
}

/// The text a line begins with, up to a word of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    bits: Bits,
    mask: Bits,
    whole: bool,
}

impl Head {
    pub(super) fn new(text: &[u8]) -> Self {
        let part = text.get(..WORD).unwrap_or(text);
        let (mut first, mut mask) = ([0; WORD], [0; WORD]);
        first[..part.len()].copy_from_slice(part);
        mask[..part.len()].fill(0xFF);
        Self { bits: bits(&first), mask: bits(&mask), whole: part.len() == text.len() }
    }

    /// Whether the text stands at `start`; nothing where that cannot be told so.
    #[inline(always)]
    pub(super) fn stands_at(&self, block: &[u8], start: usize) -> Option<bool> {
        let bytes = block.get(start..).and_then(|rest| rest.first_chunk::<WORD>()).filter(|_| self.whole)?;
        let mut wrong = 0;
        for ((bits, own), mask) in bits(bytes).iter().zip(&self.bits).zip(&self.mask) {
            wrong |= (bits ^ own) & mask;
        }
        Some(wrong == 0)
    }
}

#[inline(always)]
fn bits(bytes: &[u8; WORD]) -> Bits {
    let mut bits = [0; WORD / 8];
    for (bits, bytes) in bits.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *bits = u64::from_ne_bytes(*bytes);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_is_found_and_nothing_else() {
        for length in 1..=100 {
            let text: Vec<u8> = (0..length).map(|i| b'a' + (i % 23) as u8).collect();
            let words: Vec<Word> = words(7, &text).collect();
            for filler in 0..=70 {
                let block = [vec![b'#'; filler], vec![b'!'], text.clone()].concat();
                let end = block.len();
                let stands = |block: &[u8]| {
                    let mut wrong = Bits::default();
                    let mut before = Vec::new();
                    for word in &words {
                        assert_eq!(word.key, 7);
                        let end = end - usize::from(word.back);
                        if let Some(window) = window(block, end) {
                            word.differ(window, &mut wrong);
                            before.push(word.before(window));
                        } else {
                            match word.stands_before(block, end) {
                                Some(byte) => before.push(byte),
                                None => return None,
                            }
                        }
                    }
                    (wrong == Bits::default()).then_some(before)
                };
                let before = stands(&block).unwrap();
                assert_eq!(before.iter().filter(|&&b| b == b'!').count(), 1);
                assert!(before.iter().all(|b| *b == b'!' || text.contains(b)));
                for at in 0..block.len() {
                    let mut other = block.clone();
                    other[at] ^= 0x80;
                    assert_eq!(stands(&other).is_none(), at > filler, "{length} {filler} {at}");
                }
            }
        }
    }

    #[test]
    fn a_line_begins_with_a_text_or_does_not() {
        for length in 1..=40 {
            let text = vec![b'a'; length];
            let head = Head::new(&text);
            let block = [b"###".to_vec(), text, vec![b'b'; 40]].concat();
            assert_eq!(head.stands_at(&block, 3), (length <= WORD).then_some(true));
            assert_eq!(head.stands_at(&block, 2), (length <= WORD).then_some(false));
            assert_eq!(head.stands_at(&block, block.len() - 5), None);
        }
    }
}
