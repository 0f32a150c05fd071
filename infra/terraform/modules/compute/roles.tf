# The roles, one a duty. What a job may do is what its step needs, so a fault in one step cannot reach another's data.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name
  jobs = {
    land     = "Lands raw events: landing, bronze, quarantine. Checks the project's files."
    run      = "Computes facts and publishes: gold and the countries' saved copies. The only writer of saved copies."
    access   = "Grants what the approved policies say, through Lake Formation. Reads no data."
    maintain = "Merges small files, forgets old snapshots, removes strays. Reads no row of a saved copy and writes none."
  }
}

resource "aws_iam_role" "job" {
  for_each           = local.jobs
  name               = "${var.name}-${each.key}"
  description        = each.value
  assume_role_policy = data.aws_iam_policy_document.job_trust.json
}

data "aws_iam_policy_document" "job_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["emr-serverless.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:emr-serverless:${local.region}:${local.account}:/applications/*"]
    }
  }
}

# Owner of the definer views: readers of a view see the saved copy with this role's rights, so it reads saved copies and nothing else.
resource "aws_iam_role" "definer" {
  name               = "${var.name}-definer"
  description        = "Owns the published views; has SELECT on saved copies through Lake Formation and no other data."
  assume_role_policy = data.aws_iam_policy_document.definer_trust.json
}

data "aws_iam_policy_document" "definer_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["glue.amazonaws.com", "lakeformation.amazonaws.com"]
    }
  }
  statement {
    sid     = "RunRoleDefinesViews"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.job["run"].arn]
    }
  }
}

resource "aws_iam_role" "query" {
  name               = "${var.name}-query"
  description        = "Analysts query with this role: Athena, and the data that Lake Formation has granted."
  assume_role_policy = data.aws_iam_policy_document.query_trust.json
}

data "aws_iam_policy_document" "query_trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = length(var.analysts) > 0 ? var.analysts : ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }
}
