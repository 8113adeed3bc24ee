//! The crate `accesslog`: nginx and Apache, by the server's own format text, strict as its default is.

use std::collections::BTreeMap;

use accesslog::{Format, Record};

use super::Reader;
use crate::verdict::Reading;

const UPSTREAM: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host""#;
const INGRESS: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#;

pub(crate) struct Accesslog;

fn format(name: &str) -> Option<Format> {
    match name {
        "nginx-combined" => Some(Format::nginx_combined()),
        "nginx-upstream" => Format::nginx(UPSTREAM).ok(),
        "ingress-nginx" => Format::nginx(INGRESS).ok(),
        "apache-combined" => Some(Format::apache_combined()),
        _ => None,
    }
}

fn fields(record: &Record<'_, '_>) -> BTreeMap<&'static str, Option<String>> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let request = record.request();
    let mut fields = BTreeMap::from([
        ("status", record.status().map(|status| status.to_string())),
        ("method", record.http_method().map(|method| text(&method))),
        ("target", request.as_ref().map(|request| text(request.target()))),
        ("protocol", request.as_ref().and_then(|request| request.protocol().map(text))),
        ("client", record.client_address().map(text)),
        ("user_agent", record.user_agent().map(|agent| text(&agent))),
    ]);
    for (name, variable) in [("attempts", "$upstream_status"), ("upstream_addr", "$upstream_addr")] {
        if let Some(field) = record.fields().find(|field| field.source() == variable) {
            fields.insert(name, Some(text(field.raw())));
        }
    }
    fields
}

impl Reader for Accesslog {
    fn name(&self) -> String {
        "crate `accesslog` 0.0.1".to_owned()
    }

    fn read(&self, name: &str, _: &[u8], line: &[u8]) -> Reading {
        let Some(format) = format(name) else { return Reading::Unsupported };
        match format.parse(line) {
            Ok(record) => Reading::Fields(fields(&record)),
            Err(_) => Reading::Refused,
        }
    }
}
