//! Names of containers before each line, as tools that show several at once write them.

use super::Framed;

/// Bytes looked at for the end of a name.
const HEAD: usize = 320;

/// `[pod/web-0/nginx] …`; the container is the program.
pub(super) fn kubectl(line: &[u8]) -> Option<Framed<'_>> {
    let rest = line.strip_prefix(b"[pod/")?;
    let end = memchr::memchr(b']', rest.get(..HEAD).unwrap_or(rest))?;
    let (names, payload) = (rest.get(..end)?, rest.get(end + 1..)?.strip_prefix(b" ")?);
    let slash = memchr::memrchr(b'/', names)?;
    Some(Framed { tag: names.get(slash + 1..).filter(|tag| !tag.is_empty()), payload })
}

/// `web-1  | …`: a name, blanks and a bar.
pub(super) fn compose(line: &[u8]) -> Option<Framed<'_>> {
    let name = line.iter().take(HEAD).take_while(|&&b| is_name(b) || b == b'_').count();
    let (name, rest) = line.split_at(name);
    let blanks = rest.iter().take(HEAD).take_while(|&&b| b == b' ').count();
    let payload = rest.get(blanks..)?.strip_prefix(b"| ")?;
    (!name.is_empty() && blanks > 0).then_some(Framed { tag: Some(name), payload })
}

/// `web-6d4cf56db6-x7xfq nginx …`: two names, then a line that begins as an access record does.
pub(super) fn stern(line: &[u8]) -> Option<Framed<'_>> {
    let (pod, rest) = word(line)?;
    let (container, payload) = word(rest)?;
    let is_label = |name: &[u8]| {
        name.first().is_some_and(u8::is_ascii_lowercase) && name.iter().all(|&b| is_name(b) && b != b'.')
    };
    let fits = is_label(pod) && pod.contains(&b'-') && is_label(container) && begins_a_line(payload);
    fits.then_some(Framed { tag: Some(container), payload })
}

const fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')
}

fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', line.get(..HEAD).unwrap_or(line))?;
    Some((line.get(..end)?, line.get(end + 1..)?))
}

/// An object, Envoy's time in brackets, or an address.
fn begins_a_line(payload: &[u8]) -> bool {
    if payload.starts_with(b"{\"") || payload.starts_with(b"[20") {
        return true;
    }
    let first = payload.split(|&b| b == b' ').next().unwrap_or_default();
    let separators = first.iter().filter(|b| matches!(b, b'.' | b':')).count();
    separators > 1
        && first.len() <= 64
        && first.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
}
