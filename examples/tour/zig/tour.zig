//! What the SDK for Zig can do. Each line of the input says what is to be done; the README beside has the list.

const std = @import("std");
const sandmill = @import("sandmill");

pub const panic = sandmill.panic;

const Told = struct {
    line: u64,
    text: []const u8,
    length: usize,
    above: i64,
    half_more: f64,
    is_long: bool,
    note: ?[]const u8,
    source: []const u8,
};

fn hashOn(start: u32, bytes: []const u8) u32 {
    var hash = start;
    for (bytes) |byte| hash = hash *% 31 +% byte;
    return hash;
}

/// `file NAME TEXT`: the text and a newline are appended to the file.
fn writeLine(line: []const u8) !void {
    var words = std.mem.splitScalar(u8, line["file ".len..], ' ');
    var buffer: [100]u8 = undefined;
    var file: sandmill.OutputFile = .create(words.first(), &buffer);
    try file.writer.print("{s}\n", .{words.rest()});
    try file.writer.flush();
}

/// What is in a file of the shared data, taken whole and read in parts; null if there is none.
fn describeShared(allocator: std.mem.Allocator, name: []const u8) !?[]const u8 {
    const file = sandmill.shared(name) orelse return null;
    const whole = hashOn(0, file.bytes(allocator));
    var parts: u32 = 0;
    var offset: u64 = 0;
    var part: [1000]u8 = undefined;
    while (true) {
        const read = file.readAt(offset, &part);
        if (read == 0) break;
        parts = hashOn(parts, part[0..read]);
        offset += read;
    }
    const beyond = file.readAt(offset + 1, &part);
    const format = "size {d}, hash {d}, in parts {d}, hash {d}, beyond {d}";
    return try std.fmt.allocPrint(allocator, format, .{ file.len, whole, offset, parts, beyond });
}

fn tour(input: *sandmill.Input) !void {
    const note = sandmill.param(input.allocator, "note");
    const source = input.path();
    if (sandmill.param(input.allocator, "read")) |how| return readAtOnce(input, std.mem.eql(u8, how, "whole"), note);
    while (input.nextLine()) |line| {
        const text = line.text;
        if (!std.unicode.utf8ValidateSlice(text)) {
            line.reject("not text", .{});
        } else if (text.len == 0) {
            line.reject("empty", .{});
        } else if (std.mem.eql(u8, text, "skip")) {
            return sandmill.skip("line {d} asks for it", .{line.number});
        } else if (std.mem.eql(u8, text, "fail")) {
            return sandmill.fail("line {d} asks for it", .{line.number});
        } else if (std.mem.startsWith(u8, text, "log ")) {
            sandmill.log("{s}", .{text});
        } else if (std.mem.startsWith(u8, text, "file ")) {
            try writeLine(text);
        } else if (std.mem.startsWith(u8, text, "shared ")) {
            if (try describeShared(input.allocator, text["shared ".len..])) |described| {
                tell(line.number, described, note, source);
            } else {
                line.reject("not shared", .{});
            }
        } else {
            tell(line.number, text, note, source);
        }
    }
}

fn tell(number: u64, text: []const u8, note: ?[]const u8, source: []const u8) void {
    sandmill.emit(Told{
        .line = number,
        .text = text,
        .length = text.len,
        .above = @as(i64, @intCast(text.len)) - 10,
        .half_more = @as(f64, @floatFromInt(text.len)) + 0.5,
        .is_long = text.len > 20,
        .note = note,
        .source = source,
    });
}

/// One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one.
fn readAtOnce(input: *sandmill.Input, whole: bool, note: ?[]const u8) !void {
    const size = if (input.len()) |known| try std.fmt.allocPrint(input.allocator, "{d}", .{known}) else "unknown";
    var hash: u32 = 0;
    const copy = sandmill.param(input.allocator, "copy");
    if (whole) {
        const bytes = input.bytes();
        hash = hashOn(hash, bytes);
        if (copy) |name| sandmill.writeFile(name, bytes);
    } else {
        var buffer: [20_000]u8 = undefined;
        var file: ?sandmill.OutputFile = if (copy) |name| .create(name, &buffer) else null;
        var part: [10_000]u8 = undefined;
        while (true) {
            const read = input.read(&part);
            if (read == 0) break;
            hash = hashOn(hash, part[0..read]);
            if (file) |*out| try out.writer.writeAll(part[0..read]);
        }
        if (file) |*out| try out.writer.flush();
    }
    const length: usize = @intCast(input.len().?);
    sandmill.emit(Told{
        .line = input.firstRecord() orelse 0,
        .text = try std.fmt.allocPrint(input.allocator, "at {d}, size {s}, hash {d}", .{ input.chunkOffset(), size, hash }),
        .length = length,
        .above = @as(i64, @intCast(length)) - 10,
        .half_more = @as(f64, @floatFromInt(length)) + 0.5,
        .is_long = length > 20,
        .note = note,
        .source = input.path(),
    });
}

comptime {
    sandmill.processor(tour, .{ .Row = Told });
}
