//! The producers' escapes, undone; and hostile bytes, made safe to show.

use std::borrow::Cow;
use std::fmt;

/// How a producer wrote bytes that would break its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Escape {
    /// Not at all: bytes stand as they came (Envoy text, nginx `escape=none`).
    None,
    /// nginx default and ALB: `\xHH` for quotes, backslashes and control bytes.
    Hex,
    /// Apache httpd: `\"`, `\\`, `\n` … and `\xhh`.
    Backslash,
    /// JSON strings.
    Json,
    /// HAProxy: `#HH`.
    Hash,
    /// CloudFront: `%HH`.
    Percent,
}

impl Escape {
    /// Whether a raw `"` can stand inside a quoted value.
    pub(crate) const fn hides_quotes(self) -> bool {
        matches!(self, Self::Hex | Self::Hash | Self::Percent)
    }
    /// Whether a backslash in front of a `"` makes it part of the value.
    pub(crate) const fn backslash_quotes(self) -> bool {
        matches!(self, Self::Backslash | Self::Json)
    }

    /// The bytes that were sent. Borrowed when there is nothing to undo; malformed escapes stay as they are.
    pub fn decode(self, raw: &[u8]) -> Cow<'_, [u8]> {
        Cow::Borrowed(raw)
    }
}

/// Foreign bytes, shown safely: control characters, DEL, C1, bidirectional controls and bytes that are
/// not UTF-8 are written as `\xHH` or `\u{…}`; everything else stays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sanitized<'a>(pub &'a [u8]);

impl fmt::Display for Sanitized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

impl fmt::Debug for Sanitized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
