/* fn_string.c -- the table of string functions; see fn_string.h for who does what. */
#include "expr/fn_string.h"

#define BOTH DIALECT_BOTH
#define BLINK DIALECT_BLINK
#define FLINK DIALECT_FLINK

/* clang-format off */
const struct function fn_string_table[] = {
    { "||", BOTH, "string || string", "Both strings, one behind the other; NULL if one is.", "'ab' || 'cd'", "abcd", concat_resolve, "string" },
    { "CONCAT", BLINK, "CONCAT(value, ...)", "All values as one string; NULLs are left out, and only if all are NULL the result is.", "CONCAT('a', 1, NULL, 'b')", "a1b", concat_resolve, "string" },
    { "CONCAT", FLINK, "CONCAT(string, ...)", "All strings as one; NULL if one is NULL.", "CONCAT('AA', 'BB', 'CC')", "AABBCC", concat_resolve, "string" },
    { "CONCAT_WS", BLINK, "CONCAT_WS(separator, value, ...)", "All values that are not NULL, with the separator (NULL: nothing) between them.", "CONCAT_WS('|', 'Jack', NULL, 'Harry')", "Jack|Harry", concat_ws_resolve, "string" },
    { "CONCAT_WS", FLINK, "CONCAT_WS(separator, string, ...)", "All strings that are not NULL, with the separator between them; NULL if that is NULL.", "CONCAT_WS('~', 'AA', 'BB', '', 'CC')", "AA~BB~~CC", concat_ws_resolve, "string" },
    { "REPEAT", BOTH, "REPEAT(string, times)", "The string several times; empty for less than one.", "REPEAT('ab', 3)", "ababab", repeat_resolve, "string" },

    { "UPPER", BOTH, "UPPER(string)", "In upper case.", "UPPER('Flink')", "FLINK", upper_resolve, "string" },
    { "LOWER", BOTH, "LOWER(string)", "In lower case.", "LOWER('Flink')", "flink", lower_resolve, "string" },
    { "INITCAP", BOTH, "INITCAP(string)", "Each word with its first letter in upper case, the others in lower case; words are ASCII letters and digits.", "INITCAP('fLinK sql')", "Flink Sql", initcap_resolve, "string" },
    { "REVERSE", BOTH, "REVERSE(string)", "The characters in the opposite order.", "REVERSE('hi')", "ih", reverse_resolve, "string" },

    { "TRIM", BOTH, "TRIM([BOTH | LEADING | TRAILING] [characters FROM] string)", "Without the characters (blanks) at its ends.", "TRIM(BOTH 'abc' FROM 'abcddcba')", "dd", trim_resolve, "string" },
    { "LTRIM", BOTH, "LTRIM(string [, characters])", "Without the characters (blanks) at its begin.", "LTRIM('  ab')", "ab", ltrim_resolve, "string" },
    { "RTRIM", BOTH, "RTRIM(string [, characters])", "Without the characters (blanks) at its end.", "RTRIM('abcddcba', 'abc')", "abcdd", rtrim_resolve, "string" },
    { "BTRIM", BOTH, "BTRIM(string [, characters])", "Without the characters (blanks) at both ends.", "BTRIM('  ab  ')", "ab", btrim_resolve, "string" },
    { "LPAD", BOTH, "LPAD(string, length [, pad])", "Filled from the left, or cut, to the length; NULL for a negative length or an empty pad.", "LPAD('7', 3, '0')", "007", lpad_resolve, "string" },
    { "RPAD", BOTH, "RPAD(string, length [, pad])", "Filled from the right, or cut, to the length; NULL for a negative length or an empty pad.", "RPAD('hi', 4, '!')", "hi!!", rpad_resolve, "string" },

    { "SUBSTRING", BOTH, "SUBSTRING(string, start [, length])", "Characters from the start on, counted from 1, or from the end if it is negative; NULL for a negative length.", "SUBSTRING('k1=v1', 4)", "v1", substring_resolve, "string" },
    { "SUBSTR", BOTH, "SUBSTR(string, start [, length])", "The same as SUBSTRING.", "SUBSTR('k1=v1', -2, 1)", "v", substring_resolve, "string" },
    { "LEFT", BOTH, "LEFT(string, length)", "The first characters.", "LEFT('Hello', 3)", "Hel", left_resolve, "string" },
    { "RIGHT", BOTH, "RIGHT(string, length)", "The last characters.", "RIGHT('Hello', 3)", "llo", right_resolve, "string" },
    { "OVERLAY", BOTH, "OVERLAY(string PLACING replacement FROM start [FOR length])", "The string with the characters from the start on replaced, as many as the replacement has if no length is given.", "OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6 FOR 2)", "xxxxxxxxxst", overlay_resolve, "string" },
    { "REPLACE", BOTH, "REPLACE(string, what, replacement)", "The string with all occurrences of a text replaced.", "REPLACE('hello world', 'world', 'flink')", "hello flink", replace_resolve, "string" },
    { "TRANSLATE", BOTH, "TRANSLATE(string, from, to)", "The string with each character of `from` replaced by the one at its place in `to`, or removed if there is none.", "TRANSLATE('www.apache.org', 'abc', '123')", "www.1p13he.org", translate_resolve, "string" },
    { "ELT", BOTH, "ELT(index, value, ...)", "The value at the index, from 1; NULL if there is none.", "ELT(2, 'scala', 'java', 'go')", "java", elt_resolve, "string" },

    { "CHAR_LENGTH", BOTH, "CHAR_LENGTH(string)", "How many characters (code points) it has.", "CHAR_LENGTH('Flink')", "5", char_length_resolve, "string" },
    { "CHARACTER_LENGTH", BOTH, "CHARACTER_LENGTH(string)", "The same as CHAR_LENGTH.", "CHARACTER_LENGTH('')", "0", char_length_resolve, "string" },
    { "LENGTH", BOTH, "LENGTH(string)", "The same as CHAR_LENGTH.", "LENGTH('Flink')", "5", char_length_resolve, "string" },
    { "OCTET_LENGTH", BOTH, "OCTET_LENGTH(string)", "How many bytes it has.", "OCTET_LENGTH('Flink')", "5", octet_length_resolve, "string" },
    { "POSITION", BOTH, "POSITION(what IN string)", "Where the text is in the string, from 1; 0 if it is not.", "POSITION('test' IN 'xxxtest')", "4", position_resolve, "string" },
    { "LOCATE", BOTH, "LOCATE(what, string [, start])", "Where the text is in the string, from the start on; 0 if it is not.", "LOCATE('aa', 'aaads', 2)", "2", position_resolve, "string" },
    { "INSTR", BOTH, "INSTR(string, what [, start [, nth]])", "Where the nth occurrence of the text is, from the start on; a negative start looks from the end backwards.", "INSTR('Corporate Floor', 'or', 3, 2)", "14", instr_resolve, "string" },
    { "STARTSWITH", BOTH, "STARTSWITH(string, begin)", "Whether the string begins with a text.", "STARTSWITH('SparkSQL', 'Spark')", "TRUE", starts_resolve, "string" },
    { "ENDSWITH", BOTH, "ENDSWITH(string, end)", "Whether the string ends with a text.", "ENDSWITH('SparkSQL', 'Spark')", "FALSE", ends_resolve, "string" },
    { "LIKE", BOTH, "string LIKE pattern [ESCAPE character]", "Whether the string matches: % is any text, _ any character.", "'Flink' LIKE 'F_i%'", "TRUE", like_resolve, "string" },

    { "SPLIT_INDEX", BOTH, "SPLIT_INDEX(string, separator, index)", "The part at the index, from 0, of the string split at the separator (a text, or the number of a character); NULL if there is none.", "SPLIT_INDEX('a,b,c', ',', 1)", "b", split_index_resolve, "string" },
    { "SPLIT", BOTH, "SPLIT(string, separator)", "The parts between separators, as an array; an empty separator splits into characters.", "SPLIT('a,b,,c', ',')[2]", "b", split_resolve, "string" },
    { "KEYVALUE", BLINK, "KEYVALUE(string, pair_separator, key_separator, key)", "The value of a key in a string of key-value pairs; a separator that is NULL is white space.", "KEYVALUE('k1=v1;k2=v2', ';', '=', 'k2')", "v2", keyvalue_resolve, "string" },

    { "ASCII", BOTH, "ASCII(string)", "The number of the first byte; 0 for an empty string.", "ASCII('abc')", "97", ascii_resolve, "string" },
    { "CHR", BOTH, "CHR(number)", "The character of Latin-1 with the number modulo 256.", "CHR(353)", "a", chr_resolve, "string" },
    { "HEX", BOTH, "HEX(number | string)", "An integer in hexadecimal digits, or the UTF-8 bytes of a string.", "HEX('hello,world')", "68656C6C6F2C776F726C64", hex_resolve, "string" },
    { "UNHEX", BOTH, "UNHEX(string)", "The bytes of hexadecimal digits; NULL if there is something else.", "DECODE(UNHEX('466C696E6B'), 'UTF-8')", "Flink", unhex_resolve, "string" },
    { "FROM_BASE64", BLINK, "FROM_BASE64(string)", "The bytes that a base64 text stands for; NULL if it is not base64.", "DECODE(FROM_BASE64('aGVsbG8gd29ybGQ='), 'UTF-8')", "hello world", from_base64_resolve, "string" },
    { "FROM_BASE64", FLINK, "FROM_BASE64(string)", "Decoded from base64.", "FROM_BASE64('aGVsbG8gd29ybGQ=')", "hello world", from_base64_resolve, "string" },
    { "TO_BASE64", BOTH, "TO_BASE64(string)", "Encoded to base64.", "TO_BASE64('hello world')", "aGVsbG8gd29ybGQ=", to_base64_resolve, "string" },
    { "ENCODE", BOTH, "ENCODE(string, charset)", "The bytes of the string in US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE or UTF-16.", "OCTET_LENGTH(ENCODE('ab', 'UTF-16'))", "6", encode_resolve, "string" },
    { "DECODE", BOTH, "DECODE(bytes, charset)", "The string that bytes are in a character set.", "DECODE(ENCODE('ab', 'UTF-16LE'), 'UTF-16LE')", "ab", decode_resolve, "string" },
    { "URL_ENCODE", BOTH, "URL_ENCODE(string)", "In application/x-www-form-urlencoded form.", "URL_ENCODE('http://a/x y')", "http%3A%2F%2Fa%2Fx+y", url_encode_resolve, "string" },
    { "URL_DECODE", BOTH, "URL_DECODE(string)", "Decoded from application/x-www-form-urlencoded form; NULL if it is not.", "URL_DECODE('a%20b+c')", "a b c", url_decode_resolve, "string" },
    { "PARSE_URL", BOTH, "PARSE_URL(url, part [, key])", "The HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO of a URL, or the value of a key of its query.", "PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'QUERY', 'k2')", "v2", parse_url_resolve, "string" },
    { "PRINTF", BOTH, "PRINTF(format, value, ...)", "The values in a format of Java's Formatter.", "PRINTF('%s has %05.1f%%', 'disk', CAST(12.25 AS DOUBLE))", "disk has 012.3%", printf_resolve, "string" },

    { "IS_ALPHA", BOTH, "IS_ALPHA(string)", "Whether it is one or more letters and nothing else; FALSE for NULL.", "IS_ALPHA('abc')", "TRUE", is_alpha_resolve, "string" },
    { "IS_DIGITS", BLINK, "IS_DIGITS(string)", "Whether it is one or more digits and nothing else; FALSE for NULL.", "IS_DIGITS('12')", "TRUE", is_digits_resolve, "string" },
    { "IS_DIGIT", BOTH, "IS_DIGIT(string)", "Whether it is one or more digits and nothing else; FALSE for NULL.", "IS_DIGIT('1a')", "FALSE", is_digits_resolve, "string" },
    { "IS_DECIMAL", BOTH, "IS_DECIMAL(string)", "Whether it can be read as a number; FALSE for NULL.", "IS_DECIMAL('11.4445')", "TRUE", is_decimal_resolve, "string" },
    { "HASH_CODE", BOTH, "HASH_CODE(string)", "The absolute value of Java's hash of the string.", "HASH_CODE('abc')", "96354", hash_code_resolve, "string" },
    { "UUID", BOTH, "UUID()", "A random UUID, another one for every row.", "CHAR_LENGTH(UUID())", "36", uuid_resolve, "string" },
    { 0 },
};
/* clang-format on */
