//! Lines of a block.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

/// The lines of `block` with their offsets in it, without `\n` and without one `\r` before it.
///
/// A last line without `\n` counts; what follows the last `\n` does not when it is empty.
///
/// ```
/// let all: Vec<_> = brownout::input::lines(b"a\r\n\nb").collect();
/// assert_eq!(all, [(0, &b"a"[..]), (3, b""), (4, b"b")]);
/// ```
pub fn lines(block: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = block.get(at..).filter(|r| !r.is_empty())?;
        let start = at;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        at += end + 1;
        let line = rest.get(..end)?;
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn cuts_one_line_end_and_nothing_else() {
        let table: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b"\n", &[b""]),
            (b"\r\n", &[b""]),
            (b"a", &[b"a"]),
            (b"a\r", &[b"a"]),
            (b"a\r\r\nb\rc\n\n", &[b"a\r", b"b\rc", b""]),
            (b"\0\xff\n\x85\n", &[b"\0\xff", b"\x85"]),
        ];
        for (block, expected) in table {
            let found: Vec<_> = lines(block).map(|(_, line)| line).collect();
            assert_eq!(&found, expected, "{block:?}");
            for (at, line) in lines(block) {
                assert!(block[at..].starts_with(line));
            }
        }
    }
}
