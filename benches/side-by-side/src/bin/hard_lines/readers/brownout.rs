//! brownout's example `parse`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Reader;
use crate::verdict::Reading;

const FIELDS: [&str; 8] =
    ["status", "method", "target", "protocol", "client", "user_agent", "upstream_addr", "reason"];

pub(crate) struct Brownout {
    program: PathBuf,
    file: PathBuf,
}

impl Brownout {
    /// The example in a folder, or built now.
    pub(crate) fn new(root: &Path, programs: Option<PathBuf>, scratch: &Path) -> Result<Self, String> {
        let programs = if let Some(programs) = programs {
            programs
        } else {
            let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command.current_dir(root).args(["build", "--release", "--example", "parse"]);
            let status = command.status().map_err(|error| format!("cargo: {error}"))?;
            if !status.success() {
                return Err(format!("cargo: {status}"));
            }
            let target =
                std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
            root.join(target).join("release/examples")
        };
        let program = programs.join("parse");
        if !program.is_file() {
            return Err(format!("{} is missing", program.display()));
        }
        Ok(Self { program, file: scratch.join("brownout.log") })
    }

    fn answer(&self, format: &str, line: &[u8]) -> Option<Value> {
        fs::write(&self.file, [line, b"\n"].concat()).ok()?;
        let mut command = Command::new(&self.program);
        let output = command.args(["--format", format]).arg(&self.file).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| serde_json::from_slice(&output.stdout).ok()).flatten()
    }
}

impl Reader for Brownout {
    fn name(&self) -> String {
        "brownout".to_owned()
    }

    fn read(&self, format: &str, _: &[u8], line: &[u8]) -> Reading {
        let Some(answer) = self.answer(format, line) else { return Reading::Crashed };
        if answer["kind"] != "access" {
            return Reading::Refused;
        }
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let mut fields: BTreeMap<_, _> = FIELDS.iter().map(|name| (*name, text(&answer[*name]))).collect();
        let attempts = answer["attempts"].as_array().into_iter().flatten();
        let statuses: Vec<_> = attempts.filter_map(|attempt| text(&attempt["status"])).collect();
        fields.insert("attempts", Some(statuses.join(", ")));
        Reading::Fields(fields)
    }
}
