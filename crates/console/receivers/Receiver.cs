// dotnet new web, then replace Program.cs
using System.Security.Cryptography;
using System.Text;

var app = WebApplication.Create(args);
var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET")!;

static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

static string Part(string[] parts, string prefix) =>
    parts.FirstOrDefault(one => one.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? "";

static bool IsGenuine(IHeaderDictionary headers, byte[] body, string secret)
{
@@CHECK@@
}

app.MapMethods("/{**path}", ["POST", "PUT", "PATCH"], async (HttpRequest request) =>
{
    using var memory = new MemoryStream();
    await request.Body.CopyToAsync(memory);
    // Keep the body for later, and answer at once.
    return Results.StatusCode(IsGenuine(request.Headers, memory.ToArray(), secret) ? 200 : 401);
});

app.Run("http://127.0.0.1:8000");
