//! Typed views: every column of a fixed format by its documented name and in its type.
//!
//! A view is a [`Record`] that is known to have these columns at these places. It costs nothing to keep and copies
//! nothing. For what all products have in common, the record's own accessors are enough; a view is for what only one
//! product has.
//!
//! In all views an absent value (`-`) is `None`, and so is a value that is not of the type; the bytes are there
//! through [`record`](aws::AlbRecord::record). An empty value is an empty [`Value`](crate::Value). Formats whose columns a
//! file chooses, nginx's JSON among them, are read by name ([`Record::by_name`]).
//!
//! Views of JSON are of the presets as they are, not of those [fitted](crate::JsonFormat::fitted) to a file. Where a
//! product has had several keys for one thing, an accessor reads whichever the line has.

pub mod apache;
pub mod aws;
pub mod azure;
pub mod caddy;
pub mod cloudflare;
pub mod envoy;
pub mod gcp;
pub mod haproxy;
pub mod nginx;
mod read;
pub mod traefik;

use crate::record::Record;
use crate::schema::Product;

/// Whether the record is of that product and has these columns at these places.
fn has_columns(record: &Record<'_>, product: Product, columns: &[(usize, &str)]) -> bool {
    let schema = record.schema();
    schema.product() == product
        && columns.iter().all(|&(at, name)| schema.columns().get(at).is_some_and(|c| &*c.name == name))
}

/// The view itself, and an accessor for each column: its name here, its reader and type, its place and the product's
/// name for it.
macro_rules! view {
    (
        $(#[$about:meta])* $view:ident of $product:ident;
        $($(#[$doc:meta])* $accessor:ident: $read:ident -> $type:ty = $at:literal $name:literal,)*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy)]
        pub struct $view<'a>(
            /// INVARIANT: has all of `COLUMNS`.
            Record<'a>,
        );

        impl<'a> $view<'a> {
            pub(in crate::views) const COLUMNS: &'static [(usize, &'static str)] = &[$(($at, $name),)*];

            /// A view of the record; `None` when its format is another one. A scan fills only the columns that were
            /// asked for: for all of them, give this [`Record::whole`].
            pub fn new(record: Record<'a>) -> Option<Self> {
                crate::views::has_columns(&record, Product::$product, Self::COLUMNS).then_some(Self(record))
            }

            /// The record.
            pub const fn record(&self) -> &Record<'a> {
                &self.0
            }

            $(
                $(#[$doc])*
                pub fn $accessor(&self) -> Option<$type> {
                    crate::views::read::$read(&self.0, $at)
                }
            )*
        }
    };
}
use view;

#[cfg(test)]
mod tests;
