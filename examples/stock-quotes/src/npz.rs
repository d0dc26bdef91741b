//! NumPy's `.npz`: a zip file, nothing in it compressed, with one `.npy` file for each column.

/// A column of one type.
pub enum Column<'a> {
    Floats(&'a [f64]),
    Integers(&'a [i64]),
    /// Times, in seconds since the Unix epoch.
    Seconds(&'a [i64]),
}

/// A file that columns are added to.
#[derive(Default)]
pub struct Npz {
    bytes: Vec<u8>,
    /// The zip file's list of what is in it.
    directory: Vec<u8>,
    entries: u16,
}

/// What zip calls the first day that it knows: 1980-01-01.
const DATE: u16 = (1 << 5) | 1;

impl Npz {
    pub fn add(&mut self, name: &str, column: &Column<'_>) {
        let (name, npy) = (format!("{name}.npy"), npy(column));
        let offset = self.bytes.len() as u32;
        let mut header = Vec::new();
        put_u16s(&mut header, &[20, 0, 0, 0, DATE]);
        put_u32s(&mut header, &[crc32(&npy), npy.len() as u32, npy.len() as u32]);
        put_u16s(&mut header, &[name.len() as u16, 0]);

        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&header);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(&npy);

        self.directory.extend_from_slice(b"PK\x01\x02");
        put_u16s(&mut self.directory, &[20]);
        self.directory.extend_from_slice(&header);
        put_u16s(&mut self.directory, &[0, 0, 0]);
        put_u32s(&mut self.directory, &[0, offset]);
        self.directory.extend_from_slice(name.as_bytes());
        self.entries += 1;
    }

    pub fn finish(mut self) -> Vec<u8> {
        let (offset, size) = (self.bytes.len() as u32, self.directory.len() as u32);
        self.bytes.append(&mut self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06");
        put_u16s(&mut self.bytes, &[0, 0, self.entries, self.entries]);
        put_u32s(&mut self.bytes, &[size, offset]);
        put_u16s(&mut self.bytes, &[0]);
        self.bytes
    }
}

/// One column as a `.npy` file, version 1.
fn npy(column: &Column<'_>) -> Vec<u8> {
    let (kind, length) = match column {
        Column::Floats(values) => ("<f8", values.len()),
        Column::Integers(values) => ("<i8", values.len()),
        Column::Seconds(values) => ("<M8[s]", values.len()),
    };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({length},), }}");
    // What comes before the values ends in a newline, and its length is a multiple of 64.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    put_u16s(&mut bytes, &[header.len() as u16]);
    bytes.extend_from_slice(header.as_bytes());
    match column {
        Column::Floats(values) => values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes())),
        Column::Integers(values) | Column::Seconds(values) => {
            values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        }
    }
    bytes
}

fn put_u16s(bytes: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
}

fn put_u32s(bytes: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
}

/// The checksum of zip files.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let crc = bytes.iter().fold(!0, |crc: u32, byte| (crc >> 8) ^ TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize]);
    !crc
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn values_begin_at_a_multiple_of_64() {
        assert_eq!(npy(&Column::Floats(&[1.0; 3])).len() % 64, 24);
        assert_eq!(npy(&Column::Seconds(&[])).len() % 64, 0);
    }
}
