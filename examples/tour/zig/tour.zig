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

comptime {
    sandmill.processor(tour, .{ .Row = Told });
}
