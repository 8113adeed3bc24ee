//! Records by hand, for tests of what is above parsing.

use super::{Record, Span};
use crate::schema::{Column, Field, Kind, Product, Schema, TimeMeaning, Unit};

/// A schema and a line made of values; `-` is absent.
pub(crate) struct Sample {
    schema: Schema,
    line: Vec<u8>,
    spans: Vec<Span>,
}

impl Sample {
    pub(crate) fn new(product: Product, values: &[(Field, &str)]) -> Self {
        Self::with_columns(
            product,
            values
                .iter()
                .map(|&(field, value)| (Column::new(field.name(), field, kind(product, field)), value)),
        )
    }

    pub(crate) fn with_columns<'v>(
        product: Product,
        values: impl IntoIterator<Item = (Column, &'v str)>,
    ) -> Self {
        let (mut columns, mut line, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for (column, value) in values {
            columns.push(column);
            spans.push(Span::new(line.len(), line.len() + value.len()));
            line.extend_from_slice(value.as_bytes());
        }
        Self { schema: Schema::new(product, TimeMeaning::End, columns), line, spans }
    }

    pub(crate) fn record(&self) -> Record<'_> {
        Record::new(&self.line, &self.schema, &self.spans)
    }
}

/// Durations in the product's usual unit.
fn kind(product: Product, field: Field) -> Kind {
    use Field::{
        DispatchTime, Duration, ReturnTime, UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseTime,
    };
    match field {
        Duration | DispatchTime | ReturnTime | UpstreamConnectTime | UpstreamHeaderTime
        | UpstreamResponseTime => {
            let millis = matches!(product, Product::Envoy | Product::Haproxy);
            Kind::Duration(if millis { Unit::Millis } else { Unit::Seconds })
        }
        _ => Kind::Text,
    }
}
