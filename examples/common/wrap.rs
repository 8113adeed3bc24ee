//! Sentences in 100 columns.

/// Columns of a terminal that everybody has.
pub(crate) const WIDTH: usize = 100;

/// Wraps at words; lines after the first are indented by the head's width.
pub(crate) fn wrap(text: &mut String, head: &str, words: &str) {
    let indent = head.chars().count();
    *text += head;
    let mut column = indent;
    for word in words.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        *text += word;
        column += length;
    }
    text.push('\n');
}
