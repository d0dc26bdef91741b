//! sandmill's SDK for Zig: write a processor, one function from an input to its rows.
//!
//!     const sandmill = @import("sandmill");
//!
//!     const Size = struct { bytes: u64, lines: u64 };
//!
//!     fn size(input: *sandmill.Input) !Size {
//!         var lines: u64 = 0;
//!         while (input.nextLine()) |_| lines += 1;
//!         return .{ .bytes = input.offset, .lines = lines };
//!     }
//!
//!     comptime {
//!         sandmill.processor(size, .{});
//!     }
//!
//! The function returns a struct, which is a row; an optional or a slice of such; or nothing, if it emits its rows; or
//! an error union of one of these. The fields of the struct are the columns, in order. An error ends the task as failed,
//! with its name as the message; `fail` and `skip` have messages of your own. Memory that runs out, also as
//! `error.OutOfMemory`, ends the task as `out_of_memory`.
//!
//! It implements version 1 of the ABI, docs/guest-abi.md of sandmill. An instance may see one task or many: what a task
//! needs is freed when it ends; what the host reads after a call has returned lives until the next call.

const std = @import("std");

const host = struct {
    extern "sandmill_1" fn input_len() i64;
    extern "sandmill_1" fn input_read(ptr: [*]u8, len: usize) usize;
    extern "sandmill_1" fn input_path(ptr: [*]u8, len: usize) usize;
    extern "sandmill_1" fn chunk_offset() u64;
    extern "sandmill_1" fn first_record() u64;
    extern "sandmill_1" fn param(name_ptr: [*]const u8, name_len: usize, ptr: [*]u8, len: usize) i32;
    extern "sandmill_1" fn shared_len(name_ptr: [*]const u8, name_len: usize) i64;
    extern "sandmill_1" fn shared_read(name_ptr: [*]const u8, name_len: usize, offset: u64, ptr: [*]u8, len: usize) usize;
    extern "sandmill_1" fn emit(ptr: [*]const u8, len: usize) void;
    extern "sandmill_1" fn reject(record: u64, offset: i64, ptr: [*]const u8, len: usize) void;
    extern "sandmill_1" fn file_write(name_ptr: [*]const u8, name_len: usize, ptr: [*]const u8, len: usize) void;
    extern "sandmill_1" fn log(ptr: [*]const u8, len: usize) void;
};

/// Rows go to the host in portions of about this size: a call for each row would cost more than writing it.
const portion_bytes = 64 << 10;

/// How much is pulled at once when lines are read.
const pull_bytes = 64 << 10;

const gpa = std.heap.wasm_allocator;

/// What the host has asked room for, until `process` takes it.
var staged: []u8 = &.{};
/// Rows which the host has not seen yet, one a line.
var rows: std.Io.Writer.Allocating = .init(gpa);
/// What the last call has returned a pointer to.
var reply: std.Io.Writer.Allocating = .init(gpa);

/// A refused growth of the memory comes before this, so the host calls the trap `out_of_memory`.
fn outOfMemory() noreturn {
    @trap();
}

// ---- the processor ----

pub const Options = struct {
    /// Called once in every sandbox, before the first task. If it fails, no task runs.
    init: ?fn () anyerror!void = null,
    /// The struct of the rows that a function emits which returns nothing: its fields are the columns.
    Row: ?type = null,
};

/// Makes `function`, from `*Input` to rows, the processor of this program. To be called once, in a `comptime` block.
pub fn processor(comptime function: anytype, comptime options: Options) void {
    const Exports = struct {
        fn abi() callconv(.c) void {}

        fn alloc(len: usize) callconv(.c) ?[*]u8 {
            gpa.free(staged);
            staged = &.{};
            staged = gpa.alloc(u8, len) catch return null;
            return staged.ptr;
        }

        fn process(ptr: ?[*]u8, len: usize) callconv(.c) u64 {
            // Whole in memory or, without a pointer, to be pulled.
            var input: Input = if (ptr) |_|
                .{ .host_len = len }
            else
                .{ .host_len = std.math.cast(u64, host.input_len()), .has_more = true };
            if (len > 0) {
                if (ptr != staged.ptr or len > staged.len) @trap(); // the host has made up a pointer
                input.window = .fromOwnedSlice(staged);
                input.window.items.len = len;
                staged = &.{};
            }
            var arena: std.heap.ArenaAllocator = .init(gpa);
            defer arena.deinit();
            defer input.window.deinit(gpa);
            input.allocator = arena.allocator();
            rows.clearRetainingCapacity();
            reply.clearRetainingCapacity();

            const result = function(&input);
            const failure: anyerror!void = if (@typeInfo(@TypeOf(result)) == .error_union)
                if (result) |value| emitResult(value) else |err| err
            else
                emitResult(result);
            failure catch |err| return replyWith(err);
            flush();
            return 0;
        }

        fn columns() callconv(.c) u64 {
            const Returned = @typeInfo(@TypeOf(function)).@"fn".return_type.?;
            const Row = (if (options.Row) |Row| @as(?type, Row) else RowOf(Returned)) orelse return 0;
            reply.clearRetainingCapacity();
            writeValue(&reply.writer, @typeInfo(Row).@"struct".field_names) catch outOfMemory();
            return packReply();
        }

        fn init() callconv(.c) u64 {
            takeMemory();
            reply.clearRetainingCapacity();
            if (options.init) |initialise| initialise() catch |err| return replyWith(err);
            return 0;
        }
    };
    @export(&Exports.abi, .{ .name = "sandmill_abi_1" });
    @export(&Exports.alloc, .{ .name = "sandmill_alloc" });
    @export(&Exports.process, .{ .name = "sandmill_process" });
    @export(&Exports.columns, .{ .name = "sandmill_columns" });
    @export(&Exports.init, .{ .name = "sandmill_init" });
}

/// Makes the allocator take memory for each of the sizes that it keeps apart. Tasks begin with what this has left, and the
/// instance of one that did not have to grow its memory serves the next one as well, which is several times cheaper than a new one.
fn takeMemory() void {
    var size: usize = 1;
    while (size <= 64 << 10) : (size *= 2) {
        const taken = gpa.alloc(u8, size) catch return;
        std.mem.doNotOptimizeAway(taken.ptr);
        gpa.free(taken);
    }
}

/// The struct in what a function returns, if there is one that declares columns.
fn RowOf(comptime Returned: type) ?type {
    return switch (@typeInfo(Returned)) {
        .error_union => |info| RowOf(info.payload),
        .optional => |info| RowOf(info.child),
        .pointer => |info| RowOf(info.child),
        .@"struct" => Returned,
        else => null,
    };
}

/// Emits what a function has returned.
fn emitResult(value: anytype) void {
    switch (@typeInfo(@TypeOf(value))) {
        .void => {},
        .@"struct" => emit(value),
        .optional => if (value) |row| emit(row),
        .pointer => for (value) |row| emit(row),
        else => @compileError("a processor returns a struct, an optional or a slice of structs, or nothing; not " ++
            @typeName(@TypeOf(value))),
    }
}

/// `return sandmill.fail("{d} pages are too many", .{pages})` ends the task as failed.
pub fn fail(comptime format: []const u8, arguments: anytype) error{Failed} {
    leaveMessage(failed, format, arguments);
    return error.Failed;
}

/// `return sandmill.skip("not a PNG", .{})` ends the task as skipped: no rows, and no failure.
pub fn skip(comptime format: []const u8, arguments: anytype) error{Skipped} {
    leaveMessage(skipped, format, arguments);
    return error.Skipped;
}

/// The kinds of a reply.
const failed = 1;
const skipped = 2;

fn leaveMessage(kind: u8, comptime format: []const u8, arguments: anytype) void {
    const message = std.fmt.allocPrint(gpa, format, arguments) catch outOfMemory();
    defer gpa.free(message);
    reply.clearRetainingCapacity();
    reply.writer.writeByte(kind) catch outOfMemory();
    writeUtf8(&reply.writer, message) catch outOfMemory();
}

/// The reply for an error, with the message that has been left for it, or with its name.
fn replyWith(err: anyerror) u64 {
    if (err == error.OutOfMemory) outOfMemory();
    const has_message = reply.written().len > 0 and switch (reply.written()[0]) {
        failed => err == error.Failed,
        skipped => err == error.Skipped,
        else => false,
    };
    if (!has_message) leaveMessage(failed, "{s}", .{@errorName(err)});
    return packReply();
}

/// `ptr << 32 | len`, for the host to read after the call has returned.
fn packReply() u64 {
    return @as(u64, @intFromPtr(reply.written().ptr)) << 32 | reply.written().len;
}

// ---- the input ----

/// The input of a task. What its functions give is yours to read until your function returns.
pub const Input = struct {
    /// How many bytes have been read so far: the offset of the next one.
    offset: u64 = 0,
    /// For what you need until the task ends, when all of it is freed.
    allocator: std.mem.Allocator = undefined,
    /// A part of the input, of which everything before `start` has been read.
    window: std.ArrayList(u8) = .empty,
    start: usize = 0,
    /// Whether there may be more input behind the window.
    has_more: bool = false,
    line_number: u64 = 0,
    /// The size of the whole input, if the host knows it.
    host_len: ?u64,

    /// The size of the whole input in bytes. That of a large input which is decompressed on the way is not known before
    /// all of it has been read.
    pub fn len(input: *const Input) ?u64 {
        if (input.host_len) |known| return known;
        return if (input.has_more) null else input.offset + (input.window.items.len - input.start);
    }

    /// Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`).
    pub fn chunkOffset(_: *const Input) u64 {
        return host.chunk_offset();
    }

    /// The number of the input's first record in its file, counted from 1, if it is known. 1 for a whole file.
    pub fn firstRecord(_: *const Input) ?u64 {
        const number = host.first_record();
        return if (number > 0) number else null;
    }

    /// The path of the input, as the `path` column of the results shows it.
    pub fn path(input: *Input) []const u8 {
        var nothing: [0]u8 = .{};
        const text = input.allocator.alloc(u8, host.input_path(&nothing, 0)) catch outOfMemory();
        _ = host.input_path(text.ptr, text.len);
        return text;
    }

    /// The whole input, or what has not been read of it. It may hold any bytes.
    pub fn bytes(input: *Input) []const u8 {
        // Without a size to make room for, the window grows as it is filled.
        if (input.host_len == null) while (input.widen(pull_bytes)) {};
        while (input.has_more) {
            const left = input.host_len.? - input.offset - (input.window.items.len - input.start);
            // One byte more, to meet the end with the same call.
            _ = input.widen((std.math.cast(usize, left) orelse outOfMemory()) +| 1);
        }
        return input.take(input.window.items.len - input.start);
    }

    /// Reads on, as much as fits into `buffer`; the number of bytes read, 0 at the end. Needs no memory.
    pub fn read(input: *Input, buffer: []u8) usize {
        const held = input.window.items[input.start..];
        if (held.len > 0) {
            const amount = @min(held.len, buffer.len);
            @memcpy(buffer[0..amount], input.take(amount));
            return amount;
        }
        if (!input.has_more or buffer.len == 0) return 0;
        const amount = host.input_read(buffer.ptr, buffer.len);
        input.has_more = amount > 0;
        input.offset += amount;
        return amount;
    }

    /// The next line, valid until the one after it is read. Only a small part of the input is in memory.
    pub fn nextLine(input: *Input) ?Line {
        var searched: usize = 0;
        const length = while (true) {
            const held = input.window.items[input.start..];
            if (std.mem.findScalarPos(u8, held, searched, '\n')) |newline| break newline + 1;
            searched = held.len;
            if (!input.widen(pull_bytes)) break held.len;
        };
        if (length == 0) return null;
        input.line_number += 1;
        const offset = input.offset;
        var text = input.take(length);
        if (std.mem.endsWith(u8, text, "\n")) text.len -= 1;
        if (std.mem.endsWith(u8, text, "\r")) text.len -= 1;
        return .{ .text = text, .number = input.line_number, .offset = offset };
    }

    /// Marks `amount` bytes of the window as read, and gives them.
    fn take(input: *Input, amount: usize) []const u8 {
        const taken = input.window.items[input.start..][0..amount];
        input.start += amount;
        input.offset += amount;
        return taken;
    }

    /// Pulls at most `amount` more bytes behind the window; false at the end of the input.
    fn widen(input: *Input, amount: usize) bool {
        if (!input.has_more) return false;
        input.window.replaceRangeAssumeCapacity(0, input.start, &.{});
        input.start = 0;
        input.window.ensureUnusedCapacity(gpa, amount) catch outOfMemory();
        const room = input.window.unusedCapacitySlice()[0..amount];
        const pulled = host.input_read(room.ptr, room.len);
        if (pulled > room.len) @trap();
        input.window.items.len += pulled;
        input.has_more = pulled > 0;
        return input.has_more;
    }
};

/// A line of the input, without its `\n` or `\r\n`.
pub const Line = struct {
    /// Any bytes.
    text: []const u8,
    /// Counted from 1.
    number: u64,
    /// Of its first byte in the input.
    offset: u64,

    /// Reports that this line could not be used. The task goes on.
    pub fn reject(line: Line, comptime format: []const u8, arguments: anytype) void {
        sandmillReject(line.number, line.offset, format, arguments);
    }
};

const sandmillReject = reject;

// ---- rows ----

/// Emits a row: a struct, or a `DynRow`. If the task fails or is skipped in the end, its rows are discarded.
pub fn emit(row: anytype) void {
    const Row = @TypeOf(row);
    if (Row == DynRow) {
        rows.writer.print("{{{s}}}\n", .{row.members.items}) catch outOfMemory();
    } else {
        writeObject(&rows.writer, row) catch outOfMemory();
        rows.writer.writeByte('\n') catch outOfMemory();
    }
    if (rows.written().len >= portion_bytes) flush();
}

/// A row whose columns are not known before the input is.
pub const DynRow = struct {
    allocator: std.mem.Allocator,
    /// The inside of a JSON object.
    members: std.ArrayList(u8) = .empty,

    /// A row that lives as long as the allocator, for which the input's will do.
    pub fn init(allocator: std.mem.Allocator) DynRow {
        return .{ .allocator = allocator };
    }

    /// Adds a value. A name may come once only.
    pub fn put(row: *DynRow, name: []const u8, value: anytype) void {
        var out: std.Io.Writer.Allocating = .fromArrayList(row.allocator, &row.members);
        if (out.written().len > 0) out.writer.writeByte(',') catch outOfMemory();
        writeValue(&out.writer, name) catch outOfMemory();
        out.writer.writeByte(':') catch outOfMemory();
        writeValue(&out.writer, value) catch outOfMemory();
        row.members = out.toArrayList();
    }
};

/// Hands over the rows which the host has not seen yet.
fn flush() void {
    const text = rows.written();
    if (text.len > 0) host.emit(text.ptr, text.len);
    // One large row does not make all further tasks large.
    if (text.len > 4 * portion_bytes) {
        rows.deinit();
        rows = .init(gpa);
    } else {
        rows.clearRetainingCapacity();
    }
}

fn writeObject(out: *std.Io.Writer, row: anytype) std.Io.Writer.Error!void {
    try out.writeByte('{');
    inline for (@typeInfo(@TypeOf(row)).@"struct".field_names, 0..) |name, i| {
        if (i > 0) try out.writeByte(',');
        try writeText(out, name);
        try out.writeByte(':');
        try writeValue(out, @field(row, name));
    }
    try out.writeByte('}');
}

/// A value as JSON. Slices of bytes and enums are text, other slices and arrays are arrays, structs are objects. Text is
/// UTF-8; what is not is replaced by U+FFFD. A float that is infinite or not a number is null, an empty cell.
fn writeValue(out: *std.Io.Writer, value: anytype) std.Io.Writer.Error!void {
    const T = @TypeOf(value);
    switch (@typeInfo(T)) {
        .bool => try out.writeAll(if (value) "true" else "false"),
        .int, .comptime_int => try out.print("{d}", .{value}),
        .float => {
            if (!std.math.isFinite(value)) return out.writeAll("null");
            // With as few digits as read back as the same number; as a power of ten where it would be long.
            const size = @abs(value);
            if (size != 0 and (size < 1e-5 or size >= 1e17)) try out.print("{e}", .{value}) else try out.print("{d}", .{value});
        },
        .comptime_float => try writeValue(out, @as(f64, value)),
        .null => try out.writeAll("null"),
        .optional => if (value) |inner| try writeValue(out, inner) else try out.writeAll("null"),
        .@"enum" => try writeText(out, @tagName(value)),
        .@"struct" => try writeObject(out, value),
        .array => try writeValue(out, @as([]const std.meta.Child(T), &value)),
        .pointer => |info| switch (info.size) {
            .one => try writeValue(out, value.*),
            .slice => {
                if (info.child == u8) return writeText(out, value);
                try out.writeByte('[');
                for (value, 0..) |item, i| {
                    if (i > 0) try out.writeByte(',');
                    try writeValue(out, item);
                }
                try out.writeByte(']');
            },
            .many, .c => try writeText(out, std.mem.span(value)),
        },
        else => @compileError("no value of a row: " ++ @typeName(T)),
    }
}

fn writeText(out: *std.Io.Writer, text: []const u8) std.Io.Writer.Error!void {
    try out.writeByte('"');
    // What needs no change is written in one piece: from `start` to `i`.
    var start: usize = 0;
    var i: usize = 0;
    while (i < text.len) {
        const length = sequenceLength(text[i..]);
        if (length > 0 and text[i] >= 0x20 and text[i] != '"' and text[i] != '\\') {
            i += length;
            continue;
        }
        try out.writeAll(text[start..i]);
        switch (text[i]) {
            '"', '\\' => |byte| try out.print("\\{c}", .{byte}),
            0...0x1F => |byte| try out.print("\\u{x:0>4}", .{byte}),
            else => try out.writeAll(replacement),
        }
        i += 1;
        start = i;
    }
    try out.writeAll(text[start..]);
    try out.writeByte('"');
}

fn writeUtf8(out: *std.Io.Writer, text: []const u8) std.Io.Writer.Error!void {
    var i: usize = 0;
    while (i < text.len) {
        const length = sequenceLength(text[i..]);
        try out.writeAll(if (length > 0) text[i..][0..length] else replacement);
        i += @max(length, 1);
    }
}

/// U+FFFD, for what is not UTF-8.
const replacement = "\u{FFFD}";

/// The length of the UTF-8 sequence that `text` starts with; 0 if there is no valid one.
fn sequenceLength(text: []const u8) usize {
    const length = std.unicode.utf8ByteSequenceLength(text[0]) catch return 0;
    if (length > text.len) return 0;
    return if (std.unicode.utf8ValidateSlice(text[0..length])) length else 0;
}

// ---- files ----

/// Gives a file with these bytes: `files/<path of the input>/<name>` in the output folder, once the task is done. A name
/// has folders if it has slashes. If there is a file of this name, the bytes are appended to it.
///
/// A name that leads elsewhere (`..`, a leading slash), has control characters or backslashes, or differs from another in
/// nothing but case ends the task as `bad_output`.
pub fn writeFile(name: []const u8, bytes: []const u8) void {
    host.file_write(place(name), name.len, place(bytes), bytes.len);
}

/// A file that is written piece by piece, through `writer`. See `writeFile` for names.
///
///     var buffer: [4096]u8 = undefined;
///     var file: sandmill.OutputFile = .create("words.txt", &buffer);
///     try file.writer.print("{s}\n", .{word});
///     try file.writer.flush();
///
/// Writing to it cannot fail: a file too many, or too long, ends the task. What is in the buffer is not in the file
/// before `flush`.
pub const OutputFile = struct {
    /// Borrowed.
    name: []const u8,
    writer: std.Io.Writer,

    /// Begins a file, or goes on at the end of the one that has this name.
    pub fn create(name: []const u8, buffer: []u8) OutputFile {
        // It is there though nothing is ever written to it.
        writeFile(name, "");
        return .{ .name = name, .writer = .{ .buffer = buffer, .vtable = &.{ .drain = drain } } };
    }

    fn drain(writer: *std.Io.Writer, data: []const []const u8, splat: usize) std.Io.Writer.Error!usize {
        const file: *OutputFile = @fieldParentPtr("writer", writer);
        writeFile(file.name, writer.buffered());
        writer.end = 0;
        // The last of the slices is to be written `splat` times.
        var written: usize = 0;
        for (data, 1..) |bytes, count| {
            if (bytes.len == 0) continue;
            for (0..if (count < data.len) 1 else splat) |_| {
                writeFile(file.name, bytes);
                written += bytes.len;
            }
        }
        return written;
    }
};

// ---- shared data ----

/// A file of the shared data.
pub const Shared = struct {
    /// Borrowed.
    name: []const u8,
    /// Its size in bytes.
    len: u64,

    /// Reads from `offset` on, as much as fits into `buffer`; the number of bytes read, 0 at the end and beyond.
    pub fn readAt(file: Shared, offset: u64, buffer: []u8) usize {
        // An empty buffer may be anywhere, also where no memory is.
        if (buffer.len == 0) return 0;
        return host.shared_read(file.name.ptr, file.name.len, offset, buffer.ptr, buffer.len);
    }

    /// All of it, in memory of `allocator`. It may hold any bytes.
    pub fn bytes(file: Shared, allocator: std.mem.Allocator) []u8 {
        const all = allocator.alloc(u8, std.math.cast(usize, file.len) orelse outOfMemory()) catch outOfMemory();
        return all[0..file.readAt(0, all)];
    }
};

/// The file `name` of the data that every task may read (`--share`), if there is one: the name of the file that is shared,
/// or its path in the folder that is. May be called in `init`, too.
pub fn shared(name: []const u8) ?Shared {
    const len = std.math.cast(u64, host.shared_len(place(name), name.len)) orelse return null;
    return .{ .name = name, .len = len };
}

// ---- beside the rows ----

/// Reports a record of the input that could not be used, and goes on: its number, its byte offset in the input if it is
/// known, and the reason.
pub fn reject(record: u64, offset: ?u64, comptime format: []const u8, arguments: anytype) void {
    const reason = utf8(format, arguments);
    defer gpa.free(reason);
    host.reject(record, if (offset) |known| std.math.cast(i64, known) orelse -1 else -1, place(reason), reason.len);
}

/// Adds a line to the task's log, of which the end is kept.
pub fn log(comptime format: []const u8, arguments: anytype) void {
    const line = utf8(format, arguments);
    defer gpa.free(line);
    host.log(place(line), line.len);
}

/// Where the host is to find `bytes`. Empty ones may be anywhere, also where no memory is.
fn place(bytes: []const u8) [*]const u8 {
    return if (bytes.len > 0) bytes.ptr else "";
}

fn utf8(comptime format: []const u8, arguments: anytype) []u8 {
    const text = std.fmt.allocPrint(gpa, format, arguments) catch outOfMemory();
    defer gpa.free(text);
    var out: std.Io.Writer.Allocating = .init(gpa);
    writeUtf8(&out.writer, text) catch outOfMemory();
    return out.toOwnedSlice() catch outOfMemory();
}

/// The value of `--param <name>=<value>`, in memory of `allocator`; null if there is no such parameter.
pub fn param(allocator: std.mem.Allocator, name: []const u8) ?[]const u8 {
    var nothing: [0]u8 = .{};
    const len = std.math.cast(usize, host.param(place(name), name.len, &nothing, 0)) orelse return null;
    if (len == 0) return "";
    const value = allocator.alloc(u8, len) catch outOfMemory();
    _ = host.param(place(name), name.len, value.ptr, value.len);
    return value;
}

/// With `pub const panic = sandmill.panic;` in the program's root file, the message of a panic is in the task's log.
pub const panic = std.debug.FullPanic(struct {
    fn logAndTrap(message: []const u8, _: ?usize) noreturn {
        host.log(message.ptr, message.len);
        @trap();
    }
}.logAndTrap);
