//! The size, SHA-256 and BLAKE3 of each file. It is read piece by piece, so no file is too large.

const std = @import("std");
const sandmill = @import("sandmill");

pub const panic = sandmill.panic;

const Sha256 = std.crypto.hash.sha2.Sha256;
const Blake3 = std.crypto.hash.Blake3;

const Hashes = struct { bytes: u64, sha256: []const u8, blake3: []const u8 };

fn hash(input: *sandmill.Input) !Hashes {
    var sha256: Sha256 = .init(.{});
    var blake3: Blake3 = .init(.{});
    var piece: [16 << 10]u8 = undefined;
    while (true) {
        const read = input.read(&piece);
        if (read == 0) break;
        sha256.update(piece[0..read]);
        blake3.update(piece[0..read]);
    }

    var sha256_digest: [Sha256.digest_length]u8 = undefined;
    sha256.final(&sha256_digest);
    var blake3_digest: [Blake3.digest_length]u8 = undefined;
    blake3.final(&blake3_digest);
    return .{
        .bytes = input.offset,
        .sha256 = try hex(input.allocator, &sha256_digest),
        .blake3 = try hex(input.allocator, &blake3_digest),
    };
}

comptime {
    sandmill.processor(hash, .{});
}

fn hex(allocator: std.mem.Allocator, digest: []const u8) ![]const u8 {
    return std.fmt.allocPrint(allocator, "{x}", .{digest});
}
