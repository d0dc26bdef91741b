//! Sums up what is in each basket: count-fruits with the SDK for Zig. The standard library's scanner reads the JSON,
//! token by token.

const std = @import("std");
const sandmill = @import("sandmill");
const Scanner = std.json.Scanner;

pub const panic = sandmill.panic;

/// The largest count, and the largest sum: up to here every JSON implementation can tell whole numbers apart.
const count_max = (1 << 53) - 1;

const Category = enum { fruits, vegetables, meat };

const Counts = struct { fruits: u64, vegetables: u64, meat: u64 };

fn countFruits(input: *sandmill.Input) !Counts {
    var scanner: Scanner = .initCompleteInput(input.allocator, input.bytes());
    var diagnostics: Scanner.Diagnostics = .{};
    scanner.enableDiagnostics(&diagnostics);
    const sums = sumBasket(input.allocator, &scanner) catch |err|
        return sandmill.fail("line {d}, column {d}: {t}", .{ diagnostics.getLine(), diagnostics.getColumn(), err });

    // A basket without meat is a basket: what is missing counts 0.
    return .{
        .fruits = sums.get(.fruits) orelse 0,
        .vegetables = sums.get(.vegetables) orelse 0,
        .meat = sums.get(.meat) orelse 0,
    };
}

comptime {
    sandmill.processor(countFruits, .{});
}

const Sums = std.EnumMap(Category, u64);

fn sumBasket(allocator: std.mem.Allocator, scanner: *Scanner) !Sums {
    var sums: Sums = .{};
    if (try scanner.next() != .object_begin) return error.NotAnObject;
    while (try nextName(allocator, scanner)) |name| {
        const category = std.meta.stringToEnum(Category, name) orelse return error.UnknownCategory;
        if (sums.contains(category)) return error.CategoryTwice;
        sums.put(category, try sumCategory(allocator, scanner));
    }
    if (try scanner.next() != .end_of_document) return error.MoreBehindTheObject;
    return sums;
}

fn sumCategory(allocator: std.mem.Allocator, scanner: *Scanner) !u64 {
    var sum: u64 = 0;
    if (try scanner.next() != .object_begin) return error.NotAnObject;
    while (try nextName(allocator, scanner)) |_| {
        const token = try scanner.nextAlloc(allocator, .alloc_if_needed);
        sum += switch (token) {
            .number, .allocated_number => |digits| try parseCount(digits),
            else => return error.NotACount,
        };
        if (sum > count_max) return error.SumTooLarge;
    }
    return sum;
}

/// The name of the next member of an object; null at its end.
fn nextName(allocator: std.mem.Allocator, scanner: *Scanner) !?[]const u8 {
    return switch (try scanner.nextAlloc(allocator, .alloc_if_needed)) {
        .string, .allocated_string => |name| name,
        .object_end => null,
        else => error.NotAnObject,
    };
}

/// A whole number in digits alone. The scanner has seen to it that there is no leading zero.
fn parseCount(digits: []const u8) !u64 {
    for (digits) |digit| if (!std.ascii.isDigit(digit)) return error.NotAWholeNumber;
    const count = std.fmt.parseInt(u64, digits, 10) catch return error.CountTooLarge;
    return if (count <= count_max) count else error.CountTooLarge;
}
