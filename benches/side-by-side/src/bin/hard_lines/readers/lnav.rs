//! lnav without a screen, by its built-in formats: the line behind three plain ones, which it recognises the format by.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Reader, find, version};
use crate::verdict::Reading;

/// A line that is no record belongs to the one before it.
const PLAIN: u64 = 3;

pub(crate) struct Lnav {
    program: PathBuf,
    scratch: PathBuf,
}

/// The table of its format, and its columns for our fields.
fn table(name: &str) -> Option<(&'static str, &'static [(&'static str, &'static str)])> {
    match name {
        "nginx-combined" | "apache-combined" | "nginx-upstream" | "ingress-nginx" => Some((
            "access_log",
            &[
                ("status", "sc_status"),
                ("method", "cs_method"),
                ("protocol", "cs_version"),
                ("client", "c_ip"),
                ("user_agent", "cs_user_agent"),
            ],
        )),
        "alb" => Some((
            "alb_log",
            &[
                ("status", "elb_status_code"),
                ("method", "cs_method"),
                ("protocol", "cs_version"),
                ("client", "client_ip"),
                ("attempts", "target_status_code"),
            ],
        )),
        "haproxy" => Some((
            "haproxy_log",
            &[
                ("status", "status_code"),
                ("method", "http_method"),
                ("target", "http_url"),
                ("protocol", "http_version"),
                ("client", "client_ip"),
                ("reason", "termination_state"),
            ],
        )),
        _ => None,
    }
}

impl Lnav {
    pub(crate) fn new(scratch: &Path) -> Option<Self> {
        Some(Self { program: find("lnav")?, scratch: scratch.to_owned() })
    }

    /// The row of the last line; nothing where lnav did not end by itself.
    fn row(&self, table: &str, plain: &[u8], line: &[u8]) -> Option<Value> {
        let (input, output) = (self.scratch.join("lnav.log"), self.scratch.join("lnav.json"));
        let lines = [&[plain, b"\n"].concat().repeat(PLAIN as usize), line, b"\n"].concat();
        fs::write(&input, lines).ok()?;
        let _ = fs::remove_file(&output);
        let mut command = Command::new(&self.program);
        command.args(["-n", "-c", &format!(";SELECT * FROM {table}")]);
        command.arg("-c").arg(format!(":write-json-to {}", output.display())).arg(&input);
        command.env("HOME", &self.scratch).env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().ok()?.code()?;
        let rows: Value =
            serde_json::from_slice(&fs::read(&output).unwrap_or_else(|_| b"[]".to_vec())).ok()?;
        let row = rows.as_array()?.iter().find(|row| row["log_line"].as_u64() == Some(PLAIN));
        Some(row.cloned().unwrap_or_default())
    }
}

impl Reader for Lnav {
    fn name(&self) -> String {
        format!("lnav {}", version(&self.program, "-V"))
    }

    fn read(&self, name: &str, plain: &[u8], line: &[u8]) -> Reading {
        let Some((table, columns)) = table(name) else { return Reading::Unsupported };
        // HAProxy's lines are lnav's behind the header of a syslog file.
        let header: &[u8] = if name == "haproxy" { b"Nov 22 02:18:10 lb-a1 haproxy[2417]: " } else { b"" };
        let (plain, line) = ([header, plain].concat(), [header, line].concat());
        let Some(row) = self.row(table, &plain, &line) else { return Reading::Crashed };
        if !row.is_object() || row[columns[0].1].is_null() {
            return Reading::Refused;
        }
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let mut fields: BTreeMap<_, _> =
            columns.iter().map(|(field, column)| (*field, text(&row[*column]))).collect();
        if let Some(stem) = text(&row["cs_uri_stem"]) {
            let query = text(&row["cs_uri_query"]).map_or(String::new(), |query| format!("?{query}"));
            fields.insert("target", Some(stem + &query));
        }
        Reading::Fields(fields)
    }
}
