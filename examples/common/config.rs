//! The operator's JSON files: which hosts belong where, and when failing was planned.

use std::path::Path;

use brownout::{Timestamp, Topology, TopologyUpstream, Window};
use serde_json::Value;

/// Reads `{"upstreams": [{"name", "authority", "hosts": [{"addr", "zone"}]}], "zones": {"name": ["CIDR"]}}`.
pub(crate) fn topology(path: &Path) -> Result<Topology, String> {
    parse_topology(&read(path)?).map_err(|why| format!("{}: {why}", path.display()))
}

/// Reads `[{"start", "end", "upstream"}]`; without `upstream` a window is for all.
pub(crate) fn planned(path: &Path) -> Result<Vec<Window>, String> {
    parse_planned(&read(path)?).map_err(|why| format!("{}: {why}", path.display()))
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{} is no JSON: {error}", path.display()))
}

pub(crate) fn parse_topology(json: &Value) -> Result<Topology, String> {
    if !json.is_object() {
        return Err("expected an object with \"upstreams\" and \"zones\"".into());
    }
    let upstreams: Vec<_> = items(json, "upstreams")?.iter().map(upstream).collect::<Result<_, _>>()?;
    let mut zones = Vec::new();
    for (name, networks) in json.get("zones").and_then(Value::as_object).into_iter().flatten() {
        let networks =
            networks.as_array().ok_or_else(|| format!("zone {name:?}: expected a list of networks"))?;
        let texts = networks.iter().map(|n| n.as_str().map(str::to_owned));
        let texts: Option<Vec<_>> = texts.collect();
        zones.push((name.clone(), texts.ok_or_else(|| format!("zone {name:?}: networks are texts"))?));
    }
    Topology::new(&upstreams, &zones).map_err(|error| error.to_string())
}

fn upstream(json: &Value) -> Result<TopologyUpstream, String> {
    let name = text(json, "name").ok_or("an upstream has no \"name\"")?;
    let host = |host: &Value| {
        let address = text(host, "addr").ok_or_else(|| format!("a host of {name:?} has no \"addr\""))?;
        Ok((address, text(host, "zone").unwrap_or_default()))
    };
    let hosts = items(json, "hosts")?.iter().map(host).collect::<Result<_, String>>()?;
    Ok(TopologyUpstream { authority: text(json, "authority"), hosts, name })
}

pub(crate) fn parse_planned(json: &Value) -> Result<Vec<Window>, String> {
    let windows = json.as_array().ok_or("expected a list of {\"start\", \"end\", \"upstream\"}")?;
    let window = |(i, json): (usize, &Value)| {
        let at = |key| {
            let time = text(json, key).and_then(|text| Timestamp::parse_rfc3339(text.as_bytes()));
            time.ok_or_else(|| format!("window {}: \"{key}\" is no RFC 3339 time", i + 1))
        };
        let (start, end) = (at("start")?, at("end")?);
        if end <= start {
            return Err(format!("window {}: it ends before it starts", i + 1));
        }
        Ok(Window { start, end, upstream: text(json, "upstream").unwrap_or_else(|| "*".into()) })
    };
    windows.iter().enumerate().map(window).collect()
}

fn text(json: &Value, key: &str) -> Option<String> {
    json.get(key)?.as_str().map(str::to_owned)
}

/// The list under `key`; none where the key is missing.
fn items<'a>(json: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(list) => list.as_array().map(Vec::as_slice).ok_or_else(|| format!("\"{key}\" is no list")),
    }
}
