//! Any datagram is read or refused, and everything in it can be asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twite::exchange::{Download, Part, Request, Upload};
use twite::resource::Path;
use twite::wire::{Block, Code, Message, definition, is_critical, uint};

fuzz_target!(|datagram: &[u8]| {
    let message = match Message::parse(datagram) {
        Ok(message) => message,
        Err(error) => {
            assert!(!format!("{error}").is_empty());
            assert!(error.header.is_none() || datagram.len() >= 4);
            return;
        }
    };
    let mut number = 0;
    for option in message.options() {
        assert!(option.number >= number, "options come in their order");
        number = option.number;
        let _ = (definition(number), is_critical(number), uint(option.value));
    }
    let part = Part::of(&message);
    let mut download = Download::default();
    for _ in 0..3 {
        let _ = (download.step(&part), download.size(), download.received());
    }
    if let Some(mut upload) = Upload::new(datagram.len() * 8, 0) {
        for _ in 0..3 {
            let _ = upload.step(&part);
            let (block, range) = upload.block();
            assert!(range.end <= datagram.len() * 8 && block.exponent <= Block::MAX_EXPONENT);
        }
    }
    if !message.code().is_request() {
        return;
    }
    match Request::check(message) {
        Ok(request) => read(&request, datagram),
        Err(rejection) => assert!(!rejection.title().is_empty() && Code::from(rejection.code()).class() >= 4),
    }
});

/// Asks for everything; nothing is longer than its datagram.
fn read(request: &Request<'_>, datagram: &[u8]) {
    let length: usize = request.path().chain(request.query()).map(<[u8]>::len).sum();
    assert!(length + request.payload().len() < datagram.len());
    let _ = Path::collect(request.path());
    let _ = (request.method(), request.observe(), request.no_response(), request.size1());
    let _ = (request.accept(), request.content_format(), request.precondition(None));
    for block in [request.block1(), request.block2()].into_iter().flatten() {
        assert!(block.exponent <= Block::MAX_EXPONENT && block.number <= Block::MAX_NUMBER);
        assert_eq!(Block::from_option(block.to_option()), Some(block));
    }
}
