//! The producers' escapes, undone; and hostile bytes, made safe to show.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod decode;
mod sanitized;

use std::borrow::Cow;

pub(crate) use sanitized::is_hostile;
pub use sanitized::{Sanitized, SanitizedJson};

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
    /// JSON strings. `\xHH` and `\v` are no JSON, but stand in JSON lines put together by a text format of nginx or
    /// Apache, and are undone too.
    Json,
    /// HAProxy: `#HH`.
    Hash,
    /// CloudFront: `%HH`.
    Percent,
}

impl Escape {
    /// Whether a backslash in front of a `"` makes it part of the value.
    pub(crate) const fn backslash_quotes(self) -> bool {
        matches!(self, Self::Backslash | Self::Json)
    }

    /// The bytes that were sent. Borrowed when there is nothing to undo; malformed escapes stay as they are.
    ///
    /// The outcome is never longer than `raw`, and need not be UTF-8: clients send what they like. Half a pair of
    /// surrogates (JSON) becomes U+FFFD.
    ///
    /// ```
    /// use brownout::Escape;
    /// // a user agent with quotes, as nginx, Apache, a JSON log and HAProxy write it
    /// assert_eq!(&*Escape::Hex.decode(br"x\x22 500 0"), br#"x" 500 0"#);
    /// assert_eq!(&*Escape::Backslash.decode(br#"x\" 500 0"#), br#"x" 500 0"#);
    /// assert_eq!(&*Escape::Json.decode(br#"x\u0022 500 0"#), br#"x" 500 0"#);
    /// assert_eq!(&*Escape::Hash.decode(br"x#22 500 0"), br#"x" 500 0"#);
    /// ```
    pub fn decode(self, raw: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::None => Cow::Borrowed(raw),
            Self::Hex => decode::undo(raw, b'\\', decode::hex),
            Self::Backslash => decode::undo(raw, b'\\', decode::backslash),
            Self::Json => decode::undo(raw, b'\\', decode::json),
            Self::Hash => decode::undo(raw, b'#', decode::pair),
            Self::Percent => decode::undo(raw, b'%', decode::pair),
        }
    }
}
