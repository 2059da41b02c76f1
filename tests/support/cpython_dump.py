"""Prints CPython's own tree of Python files in the format of `tokscan::syntax::dump`.

Standard input: one path a line. Standard output, for each: a line `### <number of bytes>` (or
`### error`, when CPython refuses the file), then the dump, which ends with a line end.

With the argument `spans`, what is printed is not the tree but the places of all its expressions,
as `start..end` in bytes, and of all its statements, as `start..`.
"""

import ast
import re
import sys
import warnings

BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&",
    ast.BitOr: "|", ast.BitXor: "^",
}
UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "~", ast.Not: "not"}
COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is-not", ast.In: "in", ast.NotIn: "not-in",
}


def quoted(text):
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif ord(char) < 0x20 or char == "\x7f":
            out.append(f"\\x{ord(char):02x}")
        elif 0xD800 <= ord(char) <= 0xDFFF:
            out.append("\ufffd")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def quoted_bytes(value):
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    chars = [special.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in value]
    return 'b"' + "".join(chars) + '"'


def plain_float(value):
    """A float as Rust displays it: shortest digits that read back, never an exponent."""
    if value in (float("inf"), float("-inf")):
        return str(value)
    import decimal

    text = format(decimal.Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Dump:
    def __init__(self, source):
        self.text = source
        self.lines = source.split(b"\n")

    def source(self, node):
        line = self.lines[node.lineno - 1]
        return line[node.col_offset : node.end_col_offset].decode()

    # expressions

    def form(self, head, *items):
        return "(" + " ".join([head, *(self.expr(item) for item in items if item is not None)]) + ")"

    def expr(self, node):
        return getattr(self, type(node).__name__)(node)

    def optional(self, node):
        return "_" if node is None else self.expr(node)

    def Constant(self, node):
        value = node.value
        if value is Ellipsis:
            return "..."
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, bytes):
            return quoted_bytes(value)
        if isinstance(value, complex):
            return f"(imaginary {self.source(node)})"
        if isinstance(value, float):
            return f"(float {plain_float(value)})"
        if isinstance(value, int) and not isinstance(value, bool) and value >= 2**63:
            return f"(big {self.source(node)})"
        return str(value)

    def JoinedStr(self, node):
        return "(f" + self.parts(node) + ")"

    def parts(self, node):
        out, text = "", ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text = part.value
                continue
            # CPython makes text of the expression in `{x=}`; spaces stay, so look for it bare.
            debug = ast.unparse(part.value) + "="
            is_debug = text.endswith(debug) and ("{" + debug).encode() in self.text
            text = text.removesuffix(debug) if is_debug else text
            out += (" " + quoted(text) if text else "") + " " + self.formatted(part, is_debug)
            text = ""
        return out + (" " + quoted(text) if text else "")

    def formatted(self, node, is_debug):
        out = "{" + self.expr(node.value) + (" =" if is_debug else "")
        # `{x=}` without a format means `!r`.
        if node.conversion >= 0 and not (is_debug and node.format_spec is None and node.conversion == 114):
            out += f" !{chr(node.conversion)}"
        if node.format_spec is not None and node.format_spec.values:
            out += " :" + self.parts(node.format_spec)
        return out + "}"

    def Name(self, node):
        return node.id

    def Attribute(self, node):
        return f"(. {self.expr(node.value)} {node.attr})"

    def Subscript(self, node):
        return self.form("[]", node.value, node.slice)

    def Slice(self, node):
        return f"(slice {self.optional(node.lower)} {self.optional(node.upper)} {self.optional(node.step)})"

    def args(self, args, keywords):
        items = [(a.lineno, a.col_offset, "*" + self.expr(a.value) if isinstance(a, ast.Starred) else self.expr(a)) for a in args]
        for keyword in keywords:
            name = "**" if keyword.arg is None else f"{keyword.arg}="
            items.append((keyword.lineno, keyword.col_offset, name + self.expr(keyword.value)))
        return [text for _, _, text in sorted(items, key=lambda item: item[:2])]

    def Call(self, node):
        return "(" + " ".join(["call", self.expr(node.func), *self.args(node.args, node.keywords)]) + ")"

    def BinOp(self, node):
        operands = [node.right]
        left = node.left
        if not isinstance(node.op, ast.Pow):
            while isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
                operands.append(left.right)
                left = left.left
        operands.append(left)
        return self.form(BINARY[type(node.op)], *reversed(operands))

    def UnaryOp(self, node):
        return self.form(UNARY[type(node.op)], node.operand)

    def BoolOp(self, node):
        return self.form("and" if isinstance(node.op, ast.And) else "or", *node.values)

    def Compare(self, node):
        rest = "".join(f" {COMPARE[type(op)]} {self.expr(c)}" for op, c in zip(node.ops, node.comparators))
        return f"(compare {self.expr(node.left)}{rest})"

    def IfExp(self, node):
        return self.form("if", node.test, node.body, node.orelse)

    def Lambda(self, node):
        return f"(lambda {self.params(node.args)} {self.expr(node.body)})"

    def Tuple(self, node):
        return self.form("tuple", *node.elts)

    def List(self, node):
        return self.form("list", *node.elts)

    def Set(self, node):
        return self.form("set", *node.elts)

    def Dict(self, node):
        items = [
            f" (** {self.expr(v)})" if k is None else f" (: {self.expr(k)} {self.expr(v)})"
            for k, v in zip(node.keys, node.values)
        ]
        return "(dict" + "".join(items) + ")"

    def comprehension(self, head, node, *results):
        out = "(" + " ".join([head, *(self.expr(r) for r in results)])
        for clause in node.generators:
            name = "async-for" if clause.is_async else "for"
            out += " " + self.form(name, clause.target, clause.iter)
            out += "".join(" " + self.form("if", test) for test in clause.ifs)
        return out + ")"

    def ListComp(self, node):
        return self.comprehension("list-for", node, node.elt)

    def SetComp(self, node):
        return self.comprehension("set-for", node, node.elt)

    def DictComp(self, node):
        return self.comprehension("dict-for", node, node.key, node.value)

    def GeneratorExp(self, node):
        return self.comprehension("generator", node, node.elt)

    def Await(self, node):
        return self.form("await", node.value)

    def Yield(self, node):
        return self.form("yield", node.value)

    def YieldFrom(self, node):
        return self.form("yield-from", node.value)

    def Starred(self, node):
        return self.form("*", node.value)

    def NamedExpr(self, node):
        return f"(:= {node.target.id} {self.expr(node.value)})"

    def params(self, args):
        plain = [*args.posonlyargs, *args.args]
        defaults = [None] * (len(plain) - len(args.defaults)) + args.defaults
        items = []
        for index, (arg, default) in enumerate(zip(plain, defaults)):
            items.append(self.param(arg, "", "/" if index < len(args.posonlyargs) else "", default))
        if args.vararg:
            items.append(self.param(args.vararg, "*", "", None))
        for arg, default in zip(args.kwonlyargs, args.kw_defaults):
            items.append(self.param(arg, "", "!", default))
        if args.kwarg:
            items.append(self.param(args.kwarg, "**", "", None))
        return "(" + " ".join(items) + ")"

    def param(self, arg, before, after, default):
        out = before + arg.arg + after
        if arg.annotation is not None:
            out += ":" + self.expr(arg.annotation)
        if default is not None:
            out += "=" + self.expr(default)
        return out

    # statements

    def block(self, stmts, indent):
        for stmt in stmts:
            text = getattr(self, "stmt_" + type(stmt).__name__)(stmt, indent)
            yield "\n" + "  " * indent + text

    def body(self, stmts, indent):
        return "".join(self.block(stmts, indent + 1))

    def part(self, head, stmts, indent):
        return "\n" + "  " * (indent + 1) + head + self.body(stmts, indent + 1) + ")"

    def optional_part(self, head, stmts, indent):
        return self.part(head, stmts, indent) if stmts else ""

    def stmt_Expr(self, node, _):
        return self.form("expr", node.value)

    def stmt_Assign(self, node, _):
        return f"(assign {self.form('targets', *node.targets)} {self.expr(node.value)})"

    def stmt_AugAssign(self, node, _):
        return self.form(f"assign {BINARY[type(node.op)]}=", node.target, node.value)

    def stmt_AnnAssign(self, node, _):
        return self.form("annotate", node.target, node.annotation, node.value)

    def stmt_Return(self, node, _):
        return self.form("return", node.value)

    def stmt_Raise(self, node, _):
        return self.form("raise", node.exc, node.cause)

    def stmt_Assert(self, node, _):
        return self.form("assert", node.test, node.msg)

    def stmt_Delete(self, node, _):
        return self.form("del", *node.targets)

    def stmt_Pass(self, node, _):
        return "(pass)"

    def stmt_Break(self, node, _):
        return "(break)"

    def stmt_Continue(self, node, _):
        return "(continue)"

    def stmt_Global(self, node, _):
        return "(" + " ".join(["global", *node.names]) + ")"

    def stmt_Nonlocal(self, node, _):
        return "(" + " ".join(["nonlocal", *node.names]) + ")"

    def alias(self, alias):
        return alias.name + (f":{alias.asname}" if alias.asname else "")

    def stmt_Import(self, node, _):
        return "(" + " ".join(["import", *map(self.alias, node.names)]) + ")"

    def stmt_ImportFrom(self, node, _):
        return "(" + " ".join(["from", "." * node.level + (node.module or ""), *map(self.alias, node.names)]) + ")"

    def stmt_If(self, node, indent):
        out = "(if"
        while True:
            out += self.part(f"(branch {self.expr(node.test)}", node.body, indent)
            # An `elif` is an `if` alone in an `else` that starts where the word `elif` does.
            orelse = node.orelse
            if len(orelse) == 1 and isinstance(orelse[0], ast.If) and self.is_elif(orelse[0]):
                node = orelse[0]
                continue
            return out + self.optional_part("(else", orelse, indent) + ")"

    def is_elif(self, node):
        return self.lines[node.lineno - 1][node.col_offset :].startswith(b"elif")

    def stmt_While(self, node, indent):
        return f"(while {self.expr(node.test)}" + self.body(node.body, indent) + self.optional_part("(else", node.orelse, indent) + ")"

    def stmt_For(self, node, indent, head="(for"):
        out = f"{head} {self.expr(node.target)} {self.expr(node.iter)}" + self.body(node.body, indent)
        return out + self.optional_part("(else", node.orelse, indent) + ")"

    def stmt_AsyncFor(self, node, indent):
        return self.stmt_For(node, indent, "(async-for")

    def stmt_Try(self, node, indent, head="(except"):
        out = "(try" + self.body(node.body, indent)
        for handler in node.handlers:
            start = head
            if handler.type is not None:
                start += " " + self.expr(handler.type)
            if handler.name is not None:
                start += " as " + handler.name
            out += self.part(start, handler.body, indent)
        out += self.optional_part("(else", node.orelse, indent)
        return out + self.optional_part("(finally", node.finalbody, indent) + ")"

    def stmt_TryStar(self, node, indent):
        return self.stmt_Try(node, indent, "(except*")

    def stmt_With(self, node, indent, head="(with"):
        items = "".join(" " + self.form("item", i.context_expr, i.optional_vars) for i in node.items)
        return head + items + self.body(node.body, indent) + ")"

    def stmt_AsyncWith(self, node, indent):
        return self.stmt_With(node, indent, "(async-with")

    def stmt_FunctionDef(self, node, indent, head="(def"):
        out = f"{head} {node.name} {self.params(node.args)}"
        if node.returns is not None:
            out += " -> " + self.expr(node.returns)
        out += "".join(" @" + self.expr(d) for d in node.decorator_list)
        return out + self.body(node.body, indent) + ")"

    def stmt_AsyncFunctionDef(self, node, indent):
        return self.stmt_FunctionDef(node, indent, "(async-def")

    def stmt_ClassDef(self, node, indent):
        out = f"(class {node.name} (" + " ".join(self.args(node.bases, node.keywords)) + ")"
        out += "".join(" @" + self.expr(d) for d in node.decorator_list)
        return out + self.body(node.body, indent) + ")"

    def stmt_TypeAlias(self, node, _):
        return f"(type {node.name.id} {self.expr(node.value)})"

    def stmt_Match(self, node, indent):
        return f"(match {self.expr(node.subject)}" + "".join(self.case(c, indent) for c in node.cases) + ")"

    def case(self, case, indent):
        values, captures = [], []
        always = self.pattern(case.pattern, values, captures)
        head = "(case " + self.form("values", *values) + " (" + " ".join(["captures", *captures]) + ")"
        if always:
            head += " always"
        if case.guard is not None:
            head += " " + self.form("if", case.guard)
        return self.part(head, case.body, indent)

    def pattern(self, node, values, captures):
        kind = type(node).__name__
        if kind == "MatchAs":
            always = node.pattern is None or self.pattern(node.pattern, values, captures)
            captures += [node.name] if node.name else []
            return always
        if kind == "MatchOr":
            return any([self.pattern(p, values, captures) for p in node.patterns])
        if kind == "MatchValue":
            values.append(node.value)
        elif kind == "MatchSingleton":
            values.append(ast.Constant(node.value))
        elif kind == "MatchStar":
            captures += [node.name] if node.name else []
        elif kind == "MatchSequence":
            for pattern in node.patterns:
                self.pattern(pattern, values, captures)
        elif kind == "MatchMapping":
            for key, pattern in zip(node.keys, node.patterns):
                values.append(key)
                self.pattern(pattern, values, captures)
            captures += [node.rest] if node.rest else []
        elif kind == "MatchClass":
            values.append(node.cls)
            for pattern in [*node.patterns, *node.kwd_patterns]:
                self.pattern(pattern, values, captures)
        return False


def dump(source):
    tree = ast.parse(source)
    normal = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removeprefix(b"\xef\xbb\xbf")
    return "".join(Dump(normal).block(tree.body, 0)).removeprefix("\n")


def spans(source):
    """The places of all expressions and statements."""
    starts = [0]
    for match in re.finditer(rb"\r\n|\r|\n", source):
        starts.append(match.end())
    mark = 3 if source.startswith(b"\xef\xbb\xbf") else 0
    places = set()

    def offset(line, column):
        return starts[line - 1] + column + (mark if line == 1 else 0)

    for node in ast.walk(ast.parse(source)):
        # `None` as a pattern is no expression to CPython.
        if isinstance(node, (ast.expr, ast.MatchSingleton)):
            end = offset(node.end_lineno, node.end_col_offset)
            places.add(f"{offset(node.lineno, node.col_offset)}..{end}")
        elif isinstance(node, ast.stmt):
            places.add(f"{offset(node.lineno, node.col_offset)}..")
    return " ".join(sorted(places))


def main():
    show = spans if sys.argv[1:] == ["spans"] else dump
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20_000)
    out = sys.stdout.buffer
    for path in sys.stdin.read().splitlines():
        with open(path, "rb") as file:
            source = file.read()
        try:
            text = show(source).encode()
        except (SyntaxError, ValueError, RecursionError):
            out.write(b"### error\n")
        else:
            out.write(b"### %d\n" % len(text) + text + b"\n")


if __name__ == "__main__":
    main()
