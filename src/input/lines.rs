//! Lines of a block.

/// The lines of `block` with their offsets, without `\n` and without one `\r` before it.
pub fn lines(block: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = block.get(at..).filter(|r| !r.is_empty())?;
        let start = at;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        at += end + 1;
        let line = &rest[..end];
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}
