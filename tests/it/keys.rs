//! `docs/keys.md` is generated from the action table.

use quarterdeck::console::app::listing::keys_page;

#[test]
fn the_keys_page_is_what_the_action_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
    let page = keys_page();
    if std::env::var_os("QUARTERDECK_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == page, "docs/keys.md is old: run this test once with QUARTERDECK_BLESS=1");
}
