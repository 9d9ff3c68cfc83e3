//! Writes pickles as the published CIFAR files have them, which Python 2 wrote.

/// Values in a row of an image.
pub const PIXELS: usize = 3 * 32 * 32;

/// Protocol 2 with Python 2's strings, each value put down under a number as it is made.
#[derive(Default)]
pub struct Python2 {
    bytes: Vec<u8>,
    values: u8,
}

impl Python2 {
    /// Instructions that make a value, which is put down.
    pub fn value(&mut self, code: &[u8]) -> &mut Self {
        self.values += 1;
        let put = [b'q', self.values];
        self.code(code).code(&put)
    }

    pub fn code(&mut self, code: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(code);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        let short = [&[b'U', text.len() as u8], text.as_bytes()].concat();
        self.value(&short)
    }

    pub fn numbers(&mut self, numbers: &[u8]) -> &mut Self {
        let items: Vec<u8> = numbers.iter().flat_map(|&number| [b'K', number]).collect();
        self.value(b"]").code(b"(").code(&items).code(b"e")
    }

    pub fn texts(&mut self, texts: &[&str]) -> &mut Self {
        self.value(b"]").code(b"(");
        texts.iter().for_each(|text| {
            self.text(text);
        });
        self.code(b"e")
    }

    pub fn array(&mut self, pixels: &[u8]) -> &mut Self {
        let rows = (pixels.len() / PIXELS) as u8;
        self.value(b"cnumpy.core.multiarray\n_reconstruct\n").value(b"cnumpy\nndarray\n").value(b"K\0\x85");
        self.text("b").value(b"\x87").value(b"R").code(b"(K\x01");
        self.value(&[b'K', rows, b'M', 0x00, 0x0c, 0x86]).value(b"cnumpy\ndtype\n").text("u1");
        self.value(b"K\0K\x01\x87").value(b"R").code(b"(K\x03").text("|");
        self.value(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t").code(b"b\x89");
        let long = [b"T", &(pixels.len() as u32).to_le_bytes()[..], pixels].concat();
        self.value(&long).value(b"t").code(b"b")
    }

    pub fn dict(fill: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut pickle = Self::default();
        pickle.code(b"\x80\x02").value(b"}").code(b"(");
        fill(&mut pickle);
        pickle.code(b"u.");
        pickle.bytes
    }
}
