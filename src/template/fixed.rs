//! Formats that are lists of fields: AWS ALB.
use super::Pattern;
use crate::schema::{Product, TimeMeaning};

pub(super) fn alb() -> Pattern {
    Pattern::new(Product::Alb, TimeMeaning::End)
}
