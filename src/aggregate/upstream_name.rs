//! The name of the upstream that a record counts for.

use super::names::name;
use super::{ALL, NO_UPSTREAM};
use crate::record::{Record, Value};
use crate::schema::{Field, Product, Schema};
use crate::topology::Topology;

/// By the topology's word, else by the log's.
pub(crate) fn upstream_name(record: &Record<'_>, topology: &Topology) -> String {
    // The host asked for stands for it only where the format has nothing else: not every record knows it.
    let asked = |value: &Value<'_>| value.column().field == Field::Host;
    let named = record.schema().has(Field::Upstream);
    let group = record.upstream().filter(|group| !(named && asked(group))).map(Value::raw);
    let addr = record.upstream_addr().map(Value::raw);
    group
        .and_then(|g| topology.upstream_of(g))
        .or_else(|| addr.and_then(|a| topology.upstream_of(a)))
        .map(str::to_owned)
        .or_else(|| group.map(name))
        .unwrap_or_else(|| if names_upstreams(record.schema()) { NO_UPSTREAM } else { ALL }.to_owned())
}

/// Whether the format has a place for the name of the upstream; then a missing one means that none was chosen.
fn names_upstreams(schema: &Schema) -> bool {
    schema.has(Field::Upstream) || schema.product() == Product::Envoy
}
