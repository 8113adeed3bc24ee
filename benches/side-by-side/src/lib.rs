//! What the programs of this comparison share: reading lines, counting statuses, and the blocks of a Markdown file
//! that are written by program.

pub mod lines;
pub mod markers;
pub mod statuses;
