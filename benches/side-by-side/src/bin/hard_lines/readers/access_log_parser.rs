//! The crate `access_log_parser`: the combined log format.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use access_log_parser::{CombinedLogEntry, LogEntry, LogType, RequestResult, parse};

use super::Reader;
use crate::verdict::Reading;

pub(crate) struct AccessLogParser;

fn fields(entry: &CombinedLogEntry<'_>) -> BTreeMap<&'static str, Option<String>> {
    let mut fields = BTreeMap::from([
        ("status", Some(entry.status_code.as_u16().to_string())),
        ("client", Some(entry.ip.to_string())),
        ("user_agent", entry.user_agent.map(str::to_owned)),
        ("method", None),
        ("target", None),
    ]);
    if let RequestResult::Valid(request) = &entry.request {
        fields.insert("method", Some(request.method().to_string()));
        fields.insert("target", Some(request.uri().to_string()));
        fields.insert("protocol", Some(format!("{:?}", request.version())));
    }
    fields
}

impl Reader for AccessLogParser {
    fn name(&self) -> String {
        "crate `access_log_parser` 0.11".to_owned()
    }

    fn read(&self, format: &str, _: &[u8], line: &[u8]) -> Reading {
        if !matches!(format, "nginx-combined" | "apache-combined") {
            return Reading::Unsupported;
        }
        let Ok(text) = std::str::from_utf8(line) else { return Reading::Refused };
        match catch_unwind(|| parse(LogType::CombinedLog, text)) {
            Ok(Ok(LogEntry::CombinedLog(entry))) => Reading::Fields(fields(&entry)),
            Ok(_) => Reading::Refused,
            Err(_) => Reading::Crashed,
        }
    }
}
