//! How single values look in serde's formats: enumerations by their `name()`, instants in RFC 3339 (UTC, as many
//! digits as they need), statuses as numbers.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::detect::{EpisodeOrigin, Pattern, Scope, Severity};
use crate::error::LineErrorKind;
use crate::format::Other;
use crate::origin::{Cause, Origin};
use crate::schema::{Field, Product};
use crate::status::{Class, Status};
use crate::time::Timestamp;

macro_rules! by_name {
    ($($type:ident: $all:expr;)*) => { $(
        impl Serialize for $type {
            /// Its name.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            /// From its name.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let all: &'static [Self] = $all;
                deserializer.deserialize_str(Text { expecting: stringify!($type), read: |text: &str| {
                    all.iter().find(|value| value.name() == text).copied()
                } })
            }
        }
    )* };
}

/// All variants; a variant that is missing does not compile.
macro_rules! all {
    ($type:ident: $($variant:ident)*) => {{
        const fn _complete(value: $type) {
            match value { $($type::$variant => {})* }
        }
        &[$($type::$variant),*]
    }};
}

by_name! {
    Cause: Cause::ALL;
    Class: &Class::ALL;
    Field: Field::ALL;
    EpisodeOrigin: all!(EpisodeOrigin: Proxy Upstream Mixed);
    LineErrorKind: all!(LineErrorKind:
        Literal Truncated Status Time Trailing Json Format TooLong Value);
    Origin: all!(Origin: None Upstream Proxy Client Unknown);
    Other: all!(Other: Header Event ErrorLog Connection NotFinal Firewall Foreign);
    Pattern: all!(Pattern: Transient Sustained Flapping Ongoing);
    Product: all!(Product:
        Nginx IngressNginx Envoy Alb Elb Nlb CloudFront Haproxy Apache Traefik Caddy Gcp AzureAppGateway
        AzureFrontDoor Cloudflare Custom);
    Scope: all!(Scope: Host Upstream Zone Global);
    Severity: all!(Severity: Info Ticket Page);
}

impl Serialize for Timestamp {
    /// RFC 3339 in UTC, `2026-11-22T07:08:40.250Z`: as `Display` writes it, so it reads back exactly.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// From RFC 3339 with any offset, as [`Timestamp::parse_rfc3339`] reads it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| Self::parse_rfc3339(text.as_bytes());
        deserializer.deserialize_str(Text { expecting: "time in RFC 3339", read })
    }
}

impl Serialize for Status {
    /// A number, 0 where no response was sent.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.code())
    }
}

impl<'de> Deserialize<'de> for Status {
    /// From a number up to 999.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        Self::new(code).ok_or_else(|| de::Error::custom(format_args!("no status: {code}")))
    }
}

/// An array of any length.
pub(crate) fn list<S: Serializer, T: Serialize>(list: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    list.serialize(serializer)
}

/// Reads a value from text.
struct Text<F> {
    expecting: &'static str,
    read: F,
}

impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self.expecting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Policy, Window};

    fn round<T: Serialize + de::DeserializeOwned>(value: &T) -> (String, T) {
        let text = serde_json::to_string(value).unwrap();
        let back = serde_json::from_str(&text).unwrap();
        (text, back)
    }

    #[test]
    fn enumerations_go_by_their_names() {
        assert_eq!(
            round(&Product::AzureFrontDoor),
            (r#""Azure Front Door""#.into(), Product::AzureFrontDoor)
        );
        assert_eq!(round(&Class::ServerError), (r#""5xx""#.into(), Class::ServerError));
        assert_eq!(round(&LineErrorKind::TooLong), (r#""too_long""#.into(), LineErrorKind::TooLong));
        for &cause in Cause::ALL {
            assert_eq!(round(&cause).1, cause);
        }
        let error = serde_json::from_str::<Pattern>(r#""brief""#).unwrap_err();
        assert!(
            error.to_string().starts_with(r#"invalid value: string "brief", expected Pattern"#),
            "{error}"
        );
    }

    #[test]
    fn instants_and_statuses() {
        for micros in [i64::MIN, -1, 0, 1_700_000_000_250_000, i64::MAX] {
            let instant = Timestamp::from_micros(micros);
            assert_eq!(round(&instant), (format!("\"{instant}\""), instant));
        }
        let other = serde_json::from_str::<Timestamp>(r#""1970-01-01T02:00:00+02:00""#).unwrap();
        assert_eq!(other.as_micros(), 0);
        assert!(serde_json::from_str::<Timestamp>("\"soon\"").is_err());
        assert_eq!(round(&Status::NONE), ("0".into(), Status::NONE));
        assert!(serde_json::from_str::<Status>("1000").is_err());
    }

    #[test]
    fn a_policy_can_be_written_in_part() {
        let policy: Policy = serde_json::from_str(r#"{"sustain": 900}"#).unwrap();
        assert_eq!(policy, Policy { sustain: 900.0, ..Policy::default() });
        assert!(serde_json::from_str::<Policy>(r#"{"sustained": 900}"#).is_err(), "a typo is no setting");
        let window = r#"{"start":"2026-11-22T07:00:00Z","end":"2026-11-22T08:00:00Z","upstream":"*"}"#;
        assert_eq!(round(&serde_json::from_str::<Window>(window).unwrap()).0, window);
    }
}
