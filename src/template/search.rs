//! Searches for what stands near: by eights for the short values that logs are made of, then by `memchr`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// Words of eight, and first bytes of a text, looked at before a search that has to be set up is worth it.
const NEAR: usize = 4;

/// The high bit of the first byte that is zero, and perhaps of others above it.
#[inline]
const fn zeros(x: u64) -> u64 {
    x.wrapping_sub(ONES) & !x & HIGH
}

/// The first `byte`.
#[inline]
pub(super) fn find(text: &[u8], byte: u8) -> Option<usize> {
    find_from(text, 0, byte)
}

/// The first `byte` from `at` on.
#[inline]
pub(super) fn find_from(line: &[u8], at: usize, byte: u8) -> Option<usize> {
    let pattern = ONES * u64::from(byte);
    match near(line, at, |x| zeros(x ^ pattern)) {
        Ok(found) => Some(found),
        Err(at) => memchr::memchr(byte, line.get(at..)?).map(|found| at + found),
    }
}

/// The first of two bytes from `at` on.
#[inline]
pub(super) fn find_either_from(line: &[u8], at: usize, one: u8, other: u8) -> Option<usize> {
    let patterns = [ONES * u64::from(one), ONES * u64::from(other)];
    match near(line, at, |x| zeros(x ^ patterns[0]) | zeros(x ^ patterns[1])) {
        Ok(found) => Some(found),
        Err(at) => memchr::memchr2(one, other, line.get(at..)?).map(|found| at + found),
    }
}

/// The first `text` from `at` on. Literals of formats are short and stand near: the first byte is looked for, and only
/// where that misleads several times, the search is set up that wins over long stretches.
#[inline]
pub(super) fn find_text_from(line: &[u8], mut at: usize, text: &[u8]) -> Option<usize> {
    let Some(&first) = text.first() else { return (at <= line.len()).then_some(at) };
    for _ in 0..NEAR {
        at = find_from(line, at, first)?;
        if line.get(at..)?.starts_with(text) {
            return Some(at);
        }
        at += 1;
    }
    memchr::memmem::find(line.get(at..)?, text).map(|found| at + found)
}

/// The first hit in the words near `at`, else where to go on. Only the lowest bit of `hits` is looked at.
#[inline]
fn near(line: &[u8], mut at: usize, hits: impl Fn(u64) -> u64) -> Result<usize, usize> {
    for _ in 0..NEAR {
        let Some(chunk) = line.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { break };
        let hit = hits(u64::from_le_bytes(*chunk));
        if hit != 0 {
            return Ok(at + (hit.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    Err(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the search byte by byte, in texts of few different bytes, where beginnings mislead.
    #[test]
    fn texts_are_found_where_they_first_stand() {
        let line = b"ab ab abab ba  abb aab ab ab [x] a b ab [ab aab".repeat(3);
        for text in
            [&b"ab "[..], b"abb", b"aab", b"ab [", b"[x]", b"ba  a", b"x", b" ab [ab aab", b"abx", b""]
        {
            for at in 0..=line.len() + 1 {
                let expected = (at..=line.len()).find(|&i| line[i..].starts_with(text));
                assert_eq!(find_text_from(&line, at, text), expected, "{text:?} from {at}");
            }
        }
    }

    /// Every byte at every place of a text of its neighbours, which are what a borrow could be taken for.
    #[test]
    fn found_where_a_loop_finds_them() {
        for byte in 0..=255u8 {
            let others = [byte ^ 1, byte.wrapping_add(1), byte ^ 0x80];
            let text: Vec<u8> = (0..50).map(|i| others[i % 3]).collect();
            assert_eq!(find(&text, byte), None, "{byte:#x}");
            for place in 0..text.len() {
                let mut text = text.clone();
                text[place] = byte;
                let other = byte ^ 0x55;
                text[(place + 7) % 50] = other;
                for at in 0..=text.len() + 1 {
                    let from = |wanted: &[u8]| (at..text.len()).find(|&i| wanted.contains(&text[i]));
                    assert_eq!(find_from(&text, at, byte), from(&[byte]), "{byte:#x} at {place} from {at}");
                    assert_eq!(find_either_from(&text, at, byte, other), from(&[byte, other]));
                }
            }
        }
    }
}
