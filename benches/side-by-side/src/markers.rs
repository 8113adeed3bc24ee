//! Blocks of a Markdown file that a program writes, between `<!-- NAME:begin … -->` and `<!-- NAME:end -->`.

/// The text with the block's content replaced; an error names the marker that is missing.
pub fn replace(text: &str, name: &str, content: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name}:begin"), format!("<!-- {name}:end -->"));
    let missing = |marker: &str| format!("no marker \"{marker}\"");
    let opened = text.find(&begin).ok_or_else(|| missing(&begin))?;
    let start = text[opened..].find("-->").ok_or_else(|| missing("-->"))? + opened + 3;
    let stop = text[start..].find(&end).ok_or_else(|| missing(&end))? + start;
    Ok(format!("{}\n\n{}\n\n{}", &text[..start], content.trim(), &text[stop..]))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn a_block_is_replaced_and_the_rest_kept() {
        let text = "a\n<!-- x:begin by y -->\n\nold\n\n<!-- x:end -->\nb\n";
        let new = replace(text, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- x:begin by y -->\n\nnew\n\n<!-- x:end -->\nb\n");
        assert_eq!(replace(&new, "x", "new").unwrap(), new);
        assert!(replace(text, "z", "").is_err());
    }
}
