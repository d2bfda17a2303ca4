//! Board support: `unsafe` where registers are, each with a line that says why it is sound.

use crate::source::{package, rust_files};

/// The lines with `unsafe` that nothing justifies. The attribute of a lint is no `unsafe`, nor is the declaration of what
/// others define, nor what stands inside an item that is justified as a whole.
fn unjustified(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut faults = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let is_unsafe =
            ["unsafe {", "unsafe impl", "unsafe fn", "#[unsafe("].iter().any(|word| code.contains(word));
        let is_method = code.starts_with("    unsafe fn");
        let above = lines[..number].iter().rev().map(|line| line.trim_start());
        let mut above = above.take_while(|line| line.starts_with("//") || line.starts_with("#["));
        let is_near = above.any(|line| line.starts_with("// SAFETY:"));
        if is_unsafe && !is_method && !is_near {
            faults.push(number + 1);
        }
    }
    faults
}

#[test]
fn unsafe_of_boards_is_confined_and_justified() {
    let mut faults = Vec::new();
    for file in rust_files(&package("device/boards")) {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let path = file.display();
        // The probe is linked and never run: all of it is support.
        let is_support =
            file.components().any(|part| part.as_os_str() == "bsp" || part.as_os_str() == "probe");
        faults.extend(unjustified(&text).into_iter().map(|line| format!("{path}:{line}: no SAFETY line")));
        if !is_support && (text.contains("unsafe {") || text.contains("unsafe fn")) {
            faults.push(format!("{path}: unsafe outside of bsp"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_not_justified_is_found() {
    assert_eq!(unjustified("// SAFETY: it is mine.\nlet x = unsafe { *p };"), [0; 0]);
    assert_eq!(unjustified("let x = unsafe { *p };\n// SAFETY: too late."), [1]);
    assert_eq!(unjustified("unsafe impl Send for X {}"), [1]);
}
