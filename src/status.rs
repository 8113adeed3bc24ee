//! HTTP status codes as logs write them.

use std::fmt;

/// A status as logged: `0..=999`. `0` means that no response was sent.
///
/// Logs hold more than RFC 9110 defines: nginx writes `000`, `009` and `499`, ALB `460`, CDNs
/// `520`–`530`, applications `999`. All of them are kept.
///
/// ```
/// use brownout::{Class, Status};
/// assert_eq!(Status::parse(b"502").unwrap().class(), Class::ServerError);
/// assert_eq!(Status::parse(b"000"), Some(Status::NONE));
/// assert_eq!(Status::parse(b"-1"), Some(Status::NONE)); // HAProxy: nothing was sent
/// assert_eq!(Status::parse(b"abc"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Status(u16);

impl Status {
    /// No response was sent.
    pub const NONE: Self = Self(0);

    /// A status from a number; `None` above 999.
    pub const fn new(code: u16) -> Option<Self> {
        if code <= 999 { Some(Self(code)) } else { None }
    }

    /// Reads one to three digits, or `-1` (no response). `-` and anything else give `None`.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digit = |b: u8| {
            let d = b.wrapping_sub(b'0');
            (d < 10).then_some(u16::from(d))
        };
        match *text {
            [a, b, c] => Some(Self(digit(a)? * 100 + digit(b)? * 10 + digit(c)?)),
            [a, b] if a != b'-' => Some(Self(digit(a)? * 10 + digit(b)?)),
            [a] => Some(Self(digit(a)?)),
            [b'-', b'1'] => Some(Self::NONE),
            _ => None,
        }
    }

    /// The number.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The class: the first digit of a three-digit code.
    #[inline]
    pub const fn class(self) -> Class {
        match self.0 {
            100..=199 => Class::Informational,
            200..=299 => Class::Success,
            300..=399 => Class::Redirect,
            400..=499 => Class::ClientError,
            500..=599 => Class::ServerError,
            _ => Class::None,
        }
    }

    /// The client went away before an answer: nginx `499`, ALB `460`, or no response at all.
    #[inline]
    pub const fn is_client_closed(self) -> bool {
        matches!(self.0, 0 | 460 | 499)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// What a status says about the request.
///
/// A 4xx is a request the server chose not to fulfil, a 5xx one it failed to fulfil; only the
/// second kind is ever an incident here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// No response (`000`), or a code outside 100–599.
    None,
    /// 1xx
    Informational,
    /// 2xx
    Success,
    /// 3xx
    Redirect,
    /// 4xx
    ClientError,
    /// 5xx
    ServerError,
}

impl Class {
    /// All classes in order.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Informational,
        Self::Success,
        Self::Redirect,
        Self::ClientError,
        Self::ServerError,
    ];

    /// `none`, `1xx` … `5xx`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        }
    }
}
