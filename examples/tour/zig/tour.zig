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
        } else {
            sandmill.emit(Told{
                .line = line.number,
                .text = text,
                .length = text.len,
                .above = @as(i64, @intCast(text.len)) - 10,
                .half_more = @as(f64, @floatFromInt(text.len)) + 0.5,
                .is_long = text.len > 20,
                .note = note,
                .source = source,
            });
        }
    }
}

/// One row about all of the input, which is taken whole or read in parts.
fn readAtOnce(input: *sandmill.Input, whole: bool, note: ?[]const u8) !void {
    const size = if (input.len()) |known| try std.fmt.allocPrint(input.allocator, "{d}", .{known}) else "unknown";
    var hash: u32 = 0;
    if (whole) {
        for (input.bytes()) |byte| hash = hash *% 31 +% byte;
    } else {
        var part: [10_000]u8 = undefined;
        while (true) {
            const read = input.read(&part);
            if (read == 0) break;
            for (part[0..read]) |byte| hash = hash *% 31 +% byte;
        }
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
