//! The node kinds of the Python grammar as one byte each, so that lowering never compares strings.

use std::sync::OnceLock;

use tree_sitter::Language;

/// The id tree-sitter gives to `ERROR` nodes in every grammar.
const ERROR_ID: u16 = u16::MAX;

macro_rules! kinds {
    (
        statements { $($stmt:ident $stmt_name:literal,)* }
        values { $($value:ident $value_name:literal,)* }
        parts { $($part:ident $part_name:literal,)* }
        tokens { $($token:ident $token_name:literal,)* }
    ) => {
        /// What a node of the concrete tree is. Statements come first, then values, then the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub(super) enum Kind {
            $($stmt,)*
            $($value,)*
            /// A named token that recovery made up: it stands where a value should.
            MissingValue,
            $($part,)*
            $($token,)*
            /// An anonymous token that recovery made up.
            MissingToken,
            /// Source the grammar could not follow.
            Error,
            /// Punctuation and keywords whose place says enough.
            Other,
        }

        fn named(name: &str) -> Kind {
            match name {
                $($stmt_name => Kind::$stmt,)*
                $($value_name => Kind::$value,)*
                $($part_name => Kind::$part,)*
                _ => Kind::Other,
            }
        }

        fn anonymous(name: &str) -> Kind {
            match name {
                $($token_name => Kind::$token,)*
                _ => Kind::Other,
            }
        }
    };
}

kinds! {
    statements {
        ExpressionStatement "expression_statement",
        ReturnStatement "return_statement",
        RaiseStatement "raise_statement",
        AssertStatement "assert_statement",
        DeleteStatement "delete_statement",
        PassStatement "pass_statement",
        BreakStatement "break_statement",
        ContinueStatement "continue_statement",
        GlobalStatement "global_statement",
        NonlocalStatement "nonlocal_statement",
        ImportStatement "import_statement",
        ImportFromStatement "import_from_statement",
        FutureImportStatement "future_import_statement",
        PrintStatement "print_statement",
        ExecStatement "exec_statement",
        TypeAliasStatement "type_alias_statement",
        IfStatement "if_statement",
        WhileStatement "while_statement",
        ForStatement "for_statement",
        TryStatement "try_statement",
        WithStatement "with_statement",
        MatchStatement "match_statement",
        FunctionDefinition "function_definition",
        ClassDefinition "class_definition",
        DecoratedDefinition "decorated_definition",
    }
    values {
        Identifier "identifier",
        Attribute "attribute",
        Call "call",
        String "string",
        ConcatenatedString "concatenated_string",
        Integer "integer",
        Float "float",
        True "true",
        False "false",
        None "none",
        Ellipsis "ellipsis",
        Subscript "subscript",
        Slice "slice",
        BinaryOperator "binary_operator",
        UnaryOperator "unary_operator",
        NotOperator "not_operator",
        BooleanOperator "boolean_operator",
        ComparisonOperator "comparison_operator",
        ConditionalExpression "conditional_expression",
        Lambda "lambda",
        ParenthesizedExpression "parenthesized_expression",
        Tuple "tuple",
        TuplePattern "tuple_pattern",
        ExpressionList "expression_list",
        PatternList "pattern_list",
        List "list",
        ListPattern "list_pattern",
        Set "set",
        Dictionary "dictionary",
        ListComprehension "list_comprehension",
        SetComprehension "set_comprehension",
        DictionaryComprehension "dictionary_comprehension",
        GeneratorExpression "generator_expression",
        Await "await",
        Yield "yield",
        NamedExpression "named_expression",
        ListSplat "list_splat",
        ListSplatPattern "list_splat_pattern",
        AsPattern "as_pattern",
        AsPatternTarget "as_pattern_target",
        Type "type",
        GenericType "generic_type",
        UnionType "union_type",
        MemberType "member_type",
        SplatType "splat_type",
        ConstrainedType "constrained_type",
        ComplexPattern "complex_pattern",
    }
    parts {
        Comment "comment",
        LineContinuation "line_continuation",
        Block "block",
        ElifClause "elif_clause",
        ElseClause "else_clause",
        ExceptClause "except_clause",
        FinallyClause "finally_clause",
        WithClause "with_clause",
        WithItem "with_item",
        CaseClause "case_clause",
        CasePattern "case_pattern",
        IfClause "if_clause",
        ForInClause "for_in_clause",
        Assignment "assignment",
        AugmentedAssignment "augmented_assignment",
        ArgumentList "argument_list",
        KeywordArgument "keyword_argument",
        DictionarySplat "dictionary_splat",
        DictionarySplatPattern "dictionary_splat_pattern",
        Pair "pair",
        Parameters "parameters",
        LambdaParameters "lambda_parameters",
        TypedParameter "typed_parameter",
        DefaultParameter "default_parameter",
        TypedDefaultParameter "typed_default_parameter",
        KeywordSeparator "keyword_separator",
        PositionalSeparator "positional_separator",
        TypeParameter "type_parameter",
        Decorator "decorator",
        DottedName "dotted_name",
        AliasedImport "aliased_import",
        WildcardImport "wildcard_import",
        RelativeImport "relative_import",
        ImportPrefix "import_prefix",
        Chevron "chevron",
        StringStart "string_start",
        StringEnd "string_end",
        Interpolation "interpolation",
        FormatExpression "format_expression",
        FormatSpecifier "format_specifier",
        TypeConversion "type_conversion",
        ClassPattern "class_pattern",
        UnionPattern "union_pattern",
        DictPattern "dict_pattern",
        KeywordPattern "keyword_pattern",
        SplatPattern "splat_pattern",
        Module "module",
    }
    tokens {
        Comma ",",
        Semicolon ";",
        Colon ":",
        Equal "=",
        ColonEqual ":=",
        OpenBrace "{",
        CloseBrace "}",
        OpenBracket "[",
        Underscore "_",
        AsyncToken "async",
        PrintToken "print",
        ExecToken "exec",
        TypeToken "type",
        FromToken "from",
        AsToken "as",
        And "and",
        Or "or",
        Not "not",
        Plus "+",
        Minus "-",
        Star "*",
        Slash "/",
        DoubleSlash "//",
        Percent "%",
        DoubleStar "**",
        At "@",
        Tilde "~",
        LeftShift "<<",
        RightShift ">>",
        Ampersand "&",
        Bar "|",
        Caret "^",
        PlusEqual "+=",
        MinusEqual "-=",
        StarEqual "*=",
        SlashEqual "/=",
        DoubleSlashEqual "//=",
        PercentEqual "%=",
        DoubleStarEqual "**=",
        AtEqual "@=",
        LeftShiftEqual "<<=",
        RightShiftEqual ">>=",
        AmpersandEqual "&=",
        BarEqual "|=",
        CaretEqual "^=",
        EqualEqual "==",
        NotEqual "!=",
        LessGreater "<>",
        Less "<",
        LessEqual "<=",
        Greater ">",
        GreaterEqual ">=",
        Is "is",
        IsNot "is not",
        In "in",
        NotIn "not in",
    }
}

impl Kind {
    /// Whether it is a statement.
    pub(super) fn is_statement(self) -> bool {
        self < Kind::Identifier
    }

    /// Whether it lowers to an expression.
    pub(super) fn is_value(self) -> bool {
        (Kind::Identifier..=Kind::MissingValue).contains(&self)
    }
}

/// What the ids of one grammar mean.
pub(super) struct Grammar {
    /// The grammar itself.
    pub language: Language,
    /// The field that holds the operator of a binary or boolean operation.
    pub operator: u16,
    kinds: Box<[Kind]>,
}

impl Grammar {
    /// The Python grammar, resolved on first use.
    pub(super) fn python() -> &'static Grammar {
        static PYTHON: OnceLock<Grammar> = OnceLock::new();
        PYTHON.get_or_init(|| Grammar::resolve(tree_sitter_python::LANGUAGE.into()))
    }

    fn resolve(language: Language) -> Grammar {
        let ids = 0..u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let kind_of = |id| match language.node_kind_for_id(id) {
            Some(name) if language.node_kind_is_named(id) => named(name),
            Some(name) => anonymous(name),
            None => Kind::Other,
        };
        let kinds = ids.map(kind_of).collect();
        let operator = language.field_id_for_name("operator").map_or(0, std::num::NonZeroU16::get);
        Grammar { language, operator, kinds }
    }

    /// What a node with this id is.
    pub(super) fn kind(&self, id: u16) -> Kind {
        match self.kinds.get(usize::from(id)) {
            Some(&kind) => kind,
            None if id == ERROR_ID => Kind::Error,
            None => Kind::Other,
        }
    }
}
