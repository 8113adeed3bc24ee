//! What some products log in columns of their own beside the usual ones.

use super::http::without_port;
use super::{Record, Value};
use crate::schema::Product;

impl<'a> Record<'a> {
    /// The query of the request, where the log has it apart from the target: CloudFront, Azure Application Gateway,
    /// nginx `$args`, Apache `%q`, HAProxy `%HQ`. Without its question mark.
    pub fn query(&self) -> Option<Value<'a>> {
        let names: &[&str] = match self.schema().product() {
            Product::CloudFront => &["cs-uri-query"],
            Product::AzureAppGateway => &["properties.requestQuery"],
            Product::Nginx | Product::IngressNginx => &["args", "query_string"],
            Product::Apache => &["%q"],
            Product::Haproxy => &["%HQ"],
            _ => &[],
        };
        let value = names.iter().find_map(|name| self.by_name(name))?;
        let raw = value.raw();
        Some(value.part(raw.strip_prefix(b"?").unwrap_or(raw))).filter(|query| !query.raw().is_empty())
    }

    /// The address at the other end of the connection, where the log has it beside the [`client`](Self::client) that
    /// was taken from a header: another proxy, or whoever wrote that header.
    ///
    /// ```
    /// use brownout::{Format, JsonFormat, Line, Spans};
    /// let line = br#"{"ts":1795331547.678,"logger":"http.log.access","status":200,"request":{"remote_ip":"10.0.0.2","client_ip":"203.0.113.7"}}"#;
    /// let format = JsonFormat::caddy();
    /// let mut spans = Spans::new();
    /// let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!() };
    /// assert_eq!(record.client().unwrap().raw(), b"203.0.113.7");
    /// assert_eq!(record.peer().unwrap().raw(), b"10.0.0.2");
    /// ```
    pub fn peer(&self) -> Option<Value<'a>> {
        let names: &[&str] = match self.schema().product() {
            Product::Caddy => &["request.remote_ip", "request.remote_addr"],
            Product::Traefik => &["ClientAddr"],
            Product::AzureFrontDoor => &["properties.socketIp"],
            Product::Nginx | Product::IngressNginx => &["realip_remote_addr"],
            Product::Apache => &["%{c}a"],
            Product::Envoy => &[
                "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
                "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
                "downstream_direct_remote_address",
            ],
            _ => &[],
        };
        let value = names.iter().find_map(|name| self.by_name(name))?;
        let peer = value.part(without_port(value.raw(), false));
        let client = self.client()?;
        (client.raw() != peer.raw()).then_some(peer)
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::{Known, by_name};
    use crate::record::Spans;
    use crate::{Format, Line, Template};

    /// Query and peer, `-` where there is none.
    fn apart(format: &dyn Format, line: &str) -> String {
        let mut spans = Spans::new();
        let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
        let text = |value: Option<crate::Value<'_>>| {
            value.map_or("-".to_owned(), |v| String::from_utf8_lossy(v.raw()).into_owned())
        };
        format!("{} {}", text(record.query()), text(record.peer()))
    }

    #[test]
    fn columns_beside_the_usual_ones() {
        let cloudfront = |query| {
            format!(
                "2026-11-22\t07:08:40\tFRA2\t182\t192.0.2.10\tGET\td1.cloudfront.net\t/a\t200\t-\tcurl\t{query}\t-"
            )
        };
        for (preset, line, want) in [
            ("cloudfront", &*cloudfront("q=a%20b"), "q=a%20b -"),
            ("cloudfront", &cloudfront("-"), "- -"),
            (
                "azure-frontdoor",
                r#"{"properties":{"httpStatusCode":"200","clientIp":"203.0.113.7","socketIp":"198.51.100.1"}}"#,
                "- 198.51.100.1",
            ),
            (
                "traefik-json",
                r#"{"StartUTC":"2026-11-22T07:08:40Z","DownstreamStatus":200,"ClientAddr":"[fd00::1]:5","ClientHost":"203.0.113.7"}"#,
                "- fd00::1",
            ),
            (
                "traefik-json",
                r#"{"StartUTC":"2026-11-22T07:08:40Z","DownstreamStatus":200,"ClientAddr":"10.0.0.2:5","ClientHost":"10.0.0.2"}"#,
                "- -",
            ),
            (
                "caddy",
                r#"{"ts":1795331547,"logger":"http.log.access","status":200,"request":{"remote_ip":"10.0.0.2"}}"#,
                "- -",
            ),
        ] {
            let format: Box<dyn Format> = match by_name(preset) {
                Some(Known::Text(format)) => Box::new(format),
                Some(Known::Json(format)) => Box::new(format),
                None => panic!("{preset}"),
            };
            assert_eq!(apart(&*format, line), want, "{line}");
        }
        let nginx = Template::nginx("$remote_addr $realip_remote_addr $uri $args $status").expect("a format");
        assert_eq!(apart(&nginx, "203.0.113.7 10.0.0.2 /a a=1 200"), "a=1 10.0.0.2");
        let apache = Template::apache("%a %{c}a %U %q %>s").expect("a format");
        assert_eq!(apart(&apache, "203.0.113.7 10.0.0.2 /a ?a=1 200"), "a=1 10.0.0.2");
        let haproxy = Template::haproxy("%ci:%cp [%tr] %HP %HQ %ST").expect("a format");
        assert_eq!(apart(&haproxy, "203.0.113.7:1 [22/Nov/2026:07:08:40.123] /a ?a=1 200"), "a=1 -");
    }
}
