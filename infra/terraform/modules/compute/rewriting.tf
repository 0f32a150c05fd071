# What maintenance and erasure share: both write tables anew, under the keys of the lake and of every country, and move their pointers.

data "aws_iam_policy_document" "write_anew" {
  statement {
    sid     = "MovePointers"
    actions = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:UpdateTable"]
    resources = concat(
      ["${local.glue}:catalog"],
      [for name in concat(local.merged, ["saved_*"]) : "${local.glue}:database/${name}"],
      [for name in concat(local.merged, ["saved_*"]) : "${local.glue}:table/${name}/*"],
    )
  }

  statement {
    sid       = "UseLakeKeys"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${local.region}:${local.account}:key/*"]
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-lake", "alias/${var.name}-??"]
    }
  }
}
